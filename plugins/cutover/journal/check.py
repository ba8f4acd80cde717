"""One verdict with figures: row count, row diff, suite, health."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at and what came out.

    :param code: stable, for tickets (``"ROW_COUNT"``).
    :param ok: the verdict; a check that is not ok blocks the cutover only where ``severity`` is ``"error"``.
    :param figures: JSON-safe numbers and texts behind the verdict.
    :param object: the table, constraint or query that was looked at.
    """

    code: str
    name: str
    ok: bool
    severity: Severity
    summary: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    object: str | None = None

    @property
    def blocks(self) -> bool:
        """Whether the run must not go on."""
        return not self.ok and self.severity == "error"

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as a plain dict, for XCom and reports."""
        return {**asdict(self), "figures": dict(self.figures)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Check:
        return cls(**{name: data[name] for name in cls.__slots__ if name in data})
