"""The timeline before a run: reminders, counted back from the time that the migration announces.

Pure: from the spec, the runs and what was said already to what is to be said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cutover.journal.records import Announced, Run
from cutover.messages.announcements.entry import FORGET, Entry
from cutover.messages.announcements.moments import BEFORE, CALLED_OFF, MOVED, Exists, Listener
from cutover.spec.models import Migration

# What is said of a run that was begun beforehand.
EARLY = frozenset({"started", "approval_needed"})


def planned(
    spec: Migration, runs: Sequence[Run], told: Sequence[Announced], now: datetime, exists: Exists
) -> list[Entry]:
    """Return what is said to each audience before a run of ``spec`` begins, with what is not said any more.

    :param runs: those of this migration, rehearsals left out.
    :param told: what was said of this migration.
    """
    found: list[Entry] = []
    for name, audience in spec.announce.audiences.named().items():
        mine = [each for each in told if each.audience == name]
        found += _Outlook(name, audience, mine, now, exists, spec, runs).entries()
    return found


def occasion(begins: datetime) -> str:
    """Return what announcements of a time, without a run, are kept under."""
    return f"planned {begins.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def window_of(run: Run, told: Sequence[Announced]) -> datetime | None:
    """Return the time that is announced for a run: what its migration said when it began, or what was told since.

    :param told: what one audience was told.
    """
    for each in reversed(told):
        if each.moment == MOVED and each.sent_at > run.started_at and (not run.ended_at or each.sent_at < run.ended_at):
            return each.window_start
    text = (run.spec.get("announce") or {}).get("window_start")
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


@dataclass(frozen=True, slots=True)
class _Outlook(Listener):
    spec: Migration
    runs: Sequence[Run]

    def entries(self) -> list[Entry]:
        corrections, begins = list(self._corrections()), self.spec.announce.window_start
        if begins is None:
            return corrections
        return [*corrections, *self._reminders(begins, moved=bool(corrections))]

    def _corrections(self) -> Iterator[Entry]:
        """Yield what puts right a time that was told and holds no more, or one that was called off and holds again."""
        begins, believed = self.spec.announce.window_start, _believed(self.told, self.runs, self.now)
        earlier = [each for each in self.told if each.moment in (MOVED, CALLED_OFF)]
        off = bool(earlier) and earlier[-1].moment == CALLED_OFF
        again = off and any(each.window_start == begins for each in self.told)
        if (believed is None or believed == begins) and not (again and begins):
            return
        moment, time = (CALLED_OFF, believed) if begins is None else (MOVED, begins)
        if time and (begins is None or begins > self.now) and self._hears(moment):
            # Numbered: what was moved to and fro is told each time.
            key, values = f"{moment}_{len(earlier) + 1}", {"before": believed}
            yield Entry(self.spec.name, occasion(time), self.name, key, moment, self.now, None, time, values=values)

    def _reminders(self, begins: datetime, *, moved: bool) -> Iterator[Entry]:
        place = occasion(begins)
        since = [each.sent_at for each in self.told if (each.occasion, each.moment) == (place, MOVED)]
        corrected = [self.now] if moved else since
        mine = [moment for moment in BEFORE if self._hears(moment)]
        for moment in mine:
            at, gone = begins - BEFORE[moment], None
            later = [other for other in mine if BEFORE[other] < BEFORE[moment] and begins - BEFORE[other] <= self.now]
            if begins <= self.now:
                gone = "the time has come"
            elif any(_through(run) for run in self.runs if window_of(run, self.told) == begins):
                gone = "it is through already"
            elif any(at <= each for each in corrected):
                gone = "they were told then that it has moved"
            elif later:
                gone = f"{later[-1]} says it"
            yield Entry(self.spec.name, place, self.name, moment, moment, at, None, begins, gone)

    def _hears(self, moment: str) -> bool:
        return self.hears(moment, self.spec.strategy)


def _through(run: Run) -> bool:
    return run.swapped_at is not None and run.state not in ("rolling_back", "rolled_back")


def _believed(told: Sequence[Announced], runs: Sequence[Run], now: datetime) -> datetime | None:
    """Return the time at which this audience thinks that it will begin; none once it has."""
    last = next((each for each in reversed(told) if each.moment in (*BEFORE, MOVED, CALLED_OFF)), None)
    if last is None or last.moment == CALLED_OFF or last.window_start is None:
        return None
    begins = last.window_start
    happened = any(each.run_id and each.window_start == begins and each.moment not in EARLY for each in told)
    happened = happened or any(window_of(run, told) == begins and not _waits(run, begins, now) for run in runs)
    return None if happened or now - begins > FORGET else begins


def _waits(run: Run, begins: datetime, now: datetime) -> bool:
    """Return whether a run was begun beforehand, and its time is still to come."""
    return now < begins and run.active and run.swapped_at is None and run.state != "cutting_over"
