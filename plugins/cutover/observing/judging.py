"""What looks say together: pure, so that it is the same whoever asks, as often as one likes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cutover.journal.check import Check
from cutover.observing.kinds import KINDS
from cutover.observing.looks import Look
from cutover.observing.verdicts import state
from cutover.spec.observing import Observe

Level = Literal["fine", "over", "warn", "act"]
# Looks may be late. Two that are farther apart than so many steps say nothing of the time between them.
STEPS = 3
SLACK = timedelta(minutes=2)
WHOLE = ("OBSERVE_WAY_BACK", "OBSERVE_COUNT")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one thing stands.

    :ivar level: ``fine``; ``over`` its limit, not for long; ``warn``: for long enough to tell people; ``act``: for long
        enough to take the run back, and the spec lets it.
    :ivar since: from when on it has been over at every look; None while it is fine.
    :ivar check: the last one that was taken, at ``at``.
    """

    level: Level
    since: datetime | None
    check: Check
    at: datetime

    @property
    def key(self) -> str:
        """What tells this stretch of time from others, for messages that go out once."""
        moment = f"{self.since:%Y%m%dT%H%M%S}" if self.since else "fine"
        return f"{name_of(self.check)}:{moment}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """:ivar verdicts: one for each thing that was looked at, worst first.
    :ivar obstacle: why going back would lose something; None: it would not, as far as was seen.
    """

    verdicts: Sequence[Verdict]
    obstacle: str | None = None

    @property
    def warnings(self) -> list[Verdict]:
        """What people are to be told of."""
        return [verdict for verdict in self.verdicts if verdict.level in ("warn", "act")]

    @property
    def acts(self) -> list[Verdict]:
        """What takes the run back now; nothing where that would lose something."""
        return [verdict for verdict in self.verdicts if verdict.level == "act" and self.obstacle is None]


RANK: dict[Level, int] = {"act": 0, "warn": 1, "over": 2, "fine": 3}


def judge(looks: Sequence[Look], rules: Observe, now: datetime, *, automatic: bool) -> Judgement:
    """Judge the looks of a run, the oldest first.

    Time counts only between looks: what nobody has seen is held against nobody. A check that was not taken neither ends
    a stretch nor makes it longer. Looks that are old say nothing of now.

    :param automatic: whether the run may be taken back by itself.
    """
    gap = STEPS * rules.close.every + SLACK
    if not looks or now - looks[-1].at > max(gap, rules.wide.every + SLACK):
        return Judgement([])
    verdicts = [_verdict(list(_told(looks, name)), rules, gap, now, automatic) for name in _names(looks)]
    known = [verdict for verdict in verdicts if verdict is not None]
    return Judgement(sorted(known, key=lambda verdict: RANK[verdict.level]), _obstacle(known, now - gap))


def name_of(check: Check) -> str:
    """Return what a check is told by over time."""
    return f"{check.code}:{check.object}" if check.object else check.code


def _names(looks: Sequence[Look]) -> list[str]:
    return list(dict.fromkeys(name_of(check) for look in looks for check in look.checks))


def _told(looks: Sequence[Look], name: str) -> Iterator[tuple[datetime, Check]]:
    """Yield when a check was taken, with how it came out."""
    for look in looks:
        for check in look.checks:
            if name_of(check) == name and state(check) != "unknown":
                yield look.at, check


def _verdict(
    told: Sequence[tuple[datetime, Check]], rules: Observe, gap: timedelta, now: datetime, automatic: bool
) -> Verdict | None:
    if not told:
        return None
    since: datetime | None = None
    last = told[0][0]
    for at, check in told:
        if check.ok:
            since = None
        elif since is None or at - last > gap:
            since = at
        last = at
    at, check = told[-1]
    if since is None:
        return Verdict("fine", None, check, at)
    return Verdict(_level(check, at - since, rules, automatic and now - at <= gap), since, check, at)


def _level(check: Check, length: timedelta, rules: Observe, automatic: bool) -> Level:
    cause = KINDS[check.code].cause  # type: ignore[index]
    if automatic and cause in rules.roll_back_on and length >= rules.roll_back_after:
        return "act"
    return "warn" if length >= rules.warn_after else "over"


def _obstacle(verdicts: Sequence[Verdict], fresh: datetime) -> str | None:
    """Return why going back would lose something, or might; one reason is enough.

    :param fresh: from when on a look at the way back says something of now.
    """
    for verdict in verdicts:
        if verdict.check.code in WHOLE and verdict.check.figures.get("harmful"):
            return verdict.check.summary
    if any(verdict.check.code == "OBSERVE_WAY_BACK" and verdict.at >= fresh for verdict in verdicts):
        return None
    return "nobody could see whether the way back is whole"
