"""The side that follows the live one in a rollback window, as every engine tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Behind:
    """How the side that follows is just now.

    :ivar seconds: how far it is behind, at least; None where nothing follows.
    :ivar broken: why going back would lose something, in words; none: it would not.
    :ivar text: all of it in a line.
    :ivar mark: what the next look wants to know of this one, JSON-safe.
    """

    seconds: float | None
    text: str
    broken: Sequence[str] = ()
    mark: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Differences:
    """In how many rows both sides of one table differ, with all that was on its way left aside.

    :ivar lacking: rows that the side that follows lacks: going back would lose them.
    :ivar surplus: rows that only it has: the live side has lost them, or never had them.
    :ivar changed: rows that both have, with other values.
    :ivar why: why the table was not compared, where it was not.
    """

    table: str
    rows: int = 0
    lacking: int = 0
    surplus: int = 0
    changed: int = 0
    why: str | None = None

    @property
    def total(self) -> int:
        return self.lacking + self.surplus + self.changed

    @property
    def harmful(self) -> bool:
        """Whether going back would lose something."""
        return bool(self.lacking or self.changed)
