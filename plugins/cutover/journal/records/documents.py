"""Documents of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document without its body; ``size`` in bytes."""

    name: str
    media_type: str
    size: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    media_type: str
    body: bytes
    created_at: datetime

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")
