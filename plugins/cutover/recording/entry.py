"""What is counted: calls of one raw text, and lines of the record, which may hold many of these."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, eq=False)
class Counts:
    """How often something ran, and for how long. Moments are those of :func:`time.monotonic`.

    :ivar begun: how often it began; :ivar ended: how often it came to its end without an error; :ivar failed: or with.
    :ivar rows: rows that it changed; none where nobody counts them.
    """

    begun: int = 0
    ended: int = 0
    failed: int = 0
    rows: int | None = None
    seconds: float = 0.0
    longest: float = 0.0
    first: float = field(default_factory=time.monotonic)
    last: float = field(default_factory=time.monotonic)

    def add(self, other: Counts) -> None:
        """Take over what another one has counted."""
        self.begun += other.begun
        self.ended += other.ended
        self.failed += other.failed
        if other.rows is not None:
            self.rows = (self.rows or 0) + other.rows
        self.seconds += other.seconds
        self.longest = max(self.longest, other.longest)
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)


@dataclass(slots=True, eq=False)
class Calls:
    """The calls of one text as it was sent; :ivar line: where they are counted, once the text was looked at.

    :ivar left_out: it changes nothing.
    """

    kind: str
    place: str
    raw: str | bytes
    counts: Counts = field(default_factory=Counts)
    line: Line | None = None
    left_out: bool = False

    def end(self, seconds: float, *, failed: bool, rows: int | None) -> None:
        """Count the end of a call."""
        counts = self.counts
        counts.last = time.monotonic()
        counts.seconds += seconds
        counts.longest = max(counts.longest, seconds)
        if failed:
            counts.failed += 1
        else:
            counts.ended += 1
        if rows is not None:
            counts.rows = (counts.rows or 0) + rows

    def hand_over(self, line: Line) -> None:
        """Move what was counted since the last time to the line."""
        self.line = line
        line.counts.add(self.counts)
        self.counts = Counts()


@dataclass(slots=True, eq=False)
class Line:
    """One line of the record.

    :ivar position: its place in the order of first appearance within the step.
    :ivar kind: ``sql``, ``program``, ``pooler`` or ``hook``; :ivar place: the connection's id.
    """

    position: int
    kind: str
    place: str
    text: str
    counts: Counts

    def row(self, now: float) -> dict[str, Any]:
        """Return it as the journal takes it, with ages instead of moments: the journal has a clock of its own."""
        counts = self.counts
        return {
            "position": self.position,
            "kind": self.kind,
            "place": self.place,
            "text": self.text,
            "begun": counts.begun,
            "ended": counts.ended,
            "failed": counts.failed,
            "rows": counts.rows,
            "seconds": round(counts.seconds, 6),
            "longest": round(counts.longest, 6),
            "first_age": round(now - counts.first, 6),
            "last_age": round(now - counts.last, 6),
        }
