"""The downtime, as clients see it: from the moment the doors begin to close until one of them is served again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cutover.context import Db, RunContext


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment by the clock of one server, which every process of a run can ask: workers' clocks differ."""

    at: datetime
    _here: float

    @classmethod
    def of(cls, db: Db) -> Moment:
        row = db.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None, "a SELECT without FROM has one row"
        return cls(row[0], time.monotonic())

    def now(self) -> float:
        """Seconds by which the moment is past."""
        return time.monotonic() - self._here

    def since(self, earlier: str) -> float:
        """Seconds from ``earlier`` (ISO 8601) until now."""
        return max(0.0, (self.at - datetime.fromisoformat(earlier)).total_seconds() + self.now())


def figures(ctx: RunContext, seconds: float, *, seen: bool) -> dict[str, Any]:
    """Return the downtime against what was promised.

    :param seen: a client was seen being served; otherwise it ends when the doors were open.
    """
    budget = ctx.spec.cutover.max_downtime.total_seconds()
    return {
        "downtime_s": round(seconds, 3),
        "budget_s": budget,
        "within_budget": seconds <= budget,
        "served": seen,
    }
