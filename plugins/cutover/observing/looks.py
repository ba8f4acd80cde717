"""Looks in the journal: each is a sample of the series ``observe``, so that any process can go on from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cutover.journal.check import Check
from cutover.journal.store import Journal
from cutover.observing.kinds import Kind
from cutover.observing.verdicts import state
from cutover.spec.observing import Observe

SERIES = "observe"
# Looks are due by a clock that ticks every minute, and a look itself takes a while: without this every second one
# would be missed.
EARLY = timedelta(seconds=30)
MOST = 2000


@dataclass(frozen=True, slots=True)
class Look:
    """What was found at one moment.

    :ivar at: when it began, aware.
    :ivar counted: whether rows were counted and suites were run.
    """

    at: datetime
    checks: Sequence[Check]
    counted: bool = False
    seconds: float = 0.0

    @property
    def over(self) -> list[Check]:
        """The checks that are over their limit."""
        return [check for check in self.checks if state(check) == "over"]

    def figures(self, kind: Kind) -> Mapping[str, Any]:
        """Return the figures of the only check of a kind; none where it was not made."""
        return next((check.figures for check in self.checks if check.code == kind), {})

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-safe data."""
        return {
            "at": self.at.isoformat(),
            "counted": self.counted,
            "seconds": round(self.seconds, 3),
            "checks": [check.as_dict() for check in self.checks],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Look:
        checks = [Check.from_dict(check) for check in data["checks"]]
        return cls(datetime.fromisoformat(data["at"]), checks, bool(data["counted"]), float(data["seconds"]))


def keep(journal: Journal, run_id: str, look: Look) -> None:
    """Write a look down, and its checks as the run's latest verdicts."""
    journal.sample(run_id, SERIES, look.as_dict())
    for check in look.checks:
        journal.record_check(run_id, check)


def read(journal: Journal, run_id: str, rules: Observe) -> list[Look]:
    """Return the looks that a judgement needs, and the last one at which was counted; the oldest first."""
    # Looks are close while something is over its limit, and two processes may each have taken one.
    judged = 2 * int(rules.roll_back_after / rules.close.every) + 10
    between = int(rules.wide.every / rules.close.every) + 2
    found = journal.samples(run_id, SERIES, limit=min(max(judged, between), MOST))
    return sorted((Look.from_dict(sample.data) for sample in found), key=lambda look: look.at)


def due(swapped_at: datetime | None, last: Look | None, rules: Observe, now: datetime) -> bool:
    """Tell whether the next look is due: at once after the cutover, then close, later in wide steps.

    Whatever is over its limit is looked at closely until it is not.
    """
    if last is None:
        return True
    close = bool(last.over) or (swapped_at is not None and now - swapped_at < rules.close.for_)
    return now - last.at >= (rules.close.every if close else rules.wide.every) - EARLY


def counting(looks: Sequence[Look], rules: Observe, now: datetime) -> bool:
    """Tell whether rows are to be counted this time: in wide steps, and again while they differ."""
    last = next((look for look in reversed(looks) if look.counted), None)
    if last is None or now - last.at >= rules.wide.every - EARLY:
        return True
    return any(check.code in ("OBSERVE_COUNT", "OBSERVE_SUITES") for check in last.over)
