"""The moments of which audiences are told, and what in a run's journal makes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cutover.journal.records import Announced
from cutover.spec.announcing import Audience

BEFORE = {"before_24h": timedelta(hours=24), "before_2h": timedelta(hours=2)}
AFTER = {"after_24h": timedelta(hours=24), "after_48h": timedelta(hours=48)}
PROGRESS = timedelta(minutes=30)
# What puts right what was said before; whoever was told the one is told the other.
MOVED, CALLED_OFF = "moved", "called_off"
# Texts of the run's thread that are events for audiences as well.
EVENTS = {
    "started": "started",
    "approval_needed": "approval_needed",
    "cut_over": "cut_over",
    "doors_open": "cut_over",
    "rolled_back": "rolled_back",
    "failed": "failed",
    "finalized": "finalized",
}
# When those come whose time nobody knows yet.
WHEN = {
    "started": "when a run has begun, if that is before its time",
    "begins": "when a run has begun",
    "progress": "30 min later, if it is not through by then",
    "approval_needed": "when somebody is asked",
    "cut_over": "when live has changed sides",
    "completed": "when all is well after that",
    "after_24h": "24 h later",
    "after_48h": "48 h later",
    "rolled_back": "if it is taken back",
    "failed": "if it fails and is not taken back",
    "finalized": "when the way back is closed",
}

# Whether there is a text: (audience, moment, strategy).
Exists = Callable[[str, str, str], bool]


@dataclass(frozen=True, slots=True)
class Listener:
    """One audience at one moment; ``told``: what it was told of the migration so far."""

    name: str
    audience: Audience
    told: Sequence[Announced]
    now: datetime
    exists: Exists

    def hears(self, moment: str, strategy: str) -> bool:
        """Return whether it is told of a moment, see :func:`hears`."""
        return hears(self.name, self.audience, moment, strategy, self.exists)


def hears(name: str, audience: Audience, moment: str, strategy: str, exists: Exists) -> bool:
    """Return whether an audience is told of a moment: there is a text for it, and the migration does not leave it out.

    Corrections reach everybody who was told something.
    """
    wanted = audience.moments is None or moment in (MOVED, CALLED_OFF) or moment in audience.moments
    return wanted and exists(name, moment, strategy)
