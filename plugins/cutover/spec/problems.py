"""A rule that a spec's data breaks."""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """What is wrong at ``path``, and what would be right."""

    path: Path
    message: str
    fix: str
