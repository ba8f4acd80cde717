"""The timeline of a run: by the clock, and as things happen.

Pure: from the run, its events and what was said already to what is to be said. What speaks of the present (it begins,
it goes on, all is well) is not said once it is no longer true; what has happened is said however late.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from cutover.approvals.asked import ANSWERED, ASKED
from cutover.approvals.signing import PREFIX, spoken, wanted
from cutover.journal.records import Announced, Event, Run
from cutover.messages import milestones
from cutover.messages.announcements.entry import FORGET, Entry, in_order
from cutover.messages.announcements.moments import AFTER, EVENTS, PROGRESS, Exists, Listener
from cutover.messages.announcements.planned import window_of
from cutover.spec.announcing import Audience, Audiences

ON_THE_WAY = frozenset({"preparing", "building", "filling", "catching_up", "verifying", "cutting_over"})
CUT_OVER = frozenset({"window", "finalizing", "finalized"})
# End users are not told that something failed of which they never knew.
BAD_NEWS = frozenset({"rolled_back", "failed"})


def audiences_of(run: Run) -> dict[str, Audience]:
    """Return the audiences of a run as they were when it began; none of a rehearsal, ever."""
    if run.dry_run or run.rehearsal_of:
        return {}
    try:
        return dict(Audiences.model_validate((run.spec.get("announce") or {}).get("audiences") or {}).named())
    except ValidationError:  # a release whose audiences this one does not understand
        return {}


def running(run: Run, events: Sequence[Event], told: Sequence[Announced], now: datetime, exists: Exists) -> list[Entry]:
    """Return what is said to each audience of a run, with what is not said any more.

    :param told: what was said of this migration.
    """
    found: list[Entry] = []
    for name, audience in audiences_of(run).items():
        mine = [each for each in told if each.audience == name]
        found += _Timeline(name, audience, mine, now, exists, run, events).entries()
    return found


@dataclass(frozen=True, slots=True)
class _Timeline(Listener):
    run: Run
    events: Sequence[Event]

    def entries(self) -> list[Entry]:
        heard = [each for each in [*self._clock(), *self._happened()] if self._hears(each.moment)]
        known = {each.moment for each in heard}
        if not self.run.terminal:
            heard += [self._entry(m, None) for m in dict.fromkeys(EVENTS.values()) if m not in known and self._hears(m)]
        return in_order([each for each in heard if each.at is not None or not self.run.terminal])

    def _clock(self) -> Iterator[Entry]:
        """Yield what the time brings; those of a phase in which the run is no more are gone."""
        run, begins, window = self.run, self._begins(), self._window()
        on_the_way = run.state in ON_THE_WAY and run.swapped_at is None
        past = None if on_the_way else f"the run is {run.standing}"
        past = "it has failed" if any(_said(event) == "failed" for event in self.events) else past
        delay = (begins - window).total_seconds() if begins and window else 0.0
        yield self._entry("begins", begins, gone=past, values={"delay_s": max(delay, 0.0)})
        yield self._entry("progress", begins + PROGRESS if begins else None, gone=past)
        opened = next((event.at for event in self.events if _to(event) == "window"), None)
        ended = None if run.state in CUT_OVER or opened is None else f"the run is {run.standing}"
        yield self._entry("completed", opened, gone=ended)
        for moment, later in AFTER.items():
            yield self._entry(moment, opened + later if opened else None, gone=ended or self._after(moment, opened))

    def _after(self, moment: str, opened: datetime | None) -> str | None:
        if self.run.state != "window" and self._hears("finalized"):
            return "the way back is closed, and they are told so"
        if moment == "after_24h" and opened and opened + AFTER["after_48h"] <= self.now and self._hears("after_48h"):
            return "after_48h says it"
        return None

    def _happened(self) -> Iterator[Entry]:
        """Yield what the run's journal says that has happened, each once."""
        seen = set()
        for position, event in enumerate(self.events):
            data = event.data or {}
            moment, key = _said(event), data.get("key")
            if moment is None or key in seen:
                continue
            seen.add(key)
            values = data.get("values") or {}
            asked = self._asked(position, str(values.get("subject"))) if moment == "approval_needed" else None
            gone = self._untold(moment, position, asked)
            yield self._entry(moment, event.at, key=key, gone=gone, values={**values, **self._of_all_roles(asked)})

    def _untold(self, moment: str, position: int, asked: Event | None) -> str | None:
        """Return why they are not told of something that has happened.

        :param asked: the question, of a moment at which somebody is asked.
        """
        if moment == "started" and self._hears("begins") and self._begins() == self.run.started_at:
            return "begins says it"
        if moment == "approval_needed" and self._settled(position, asked):
            return "it is answered"
        if asked and _signs(asked) and any(_signs(e) == _signs(asked) for e in self.events[: self.events.index(asked)]):
            return "the first role that was asked says it"
        if moment in BAD_NEWS and self.name == "end_users" and not self._knew():
            return "they were told nothing of it"
        return None

    def _asked(self, position: int, subject: str) -> Event | None:
        return next((e for e in reversed(self.events[:position]) if e.kind == ASKED and e.text == subject), None)

    def _of_all_roles(self, asked: Event | None) -> dict[str, object]:
        """Return the words for a sign-off: roles are asked at once, one by one, and an audience hears of it once."""
        if asked is None or not _signs(asked):
            return {}
        roles = ", ".join(map(spoken, wanted(self.run)))
        return {"subject": f"Sign off “{self.run.title}”? Asked, each for itself: {roles}.", "link": None}

    def _settled(self, position: int, asked: Event | None) -> bool:
        """Return whether a question needs no answer any more: it has one, was asked again, or its run has ended."""
        task = (asked.data or {}).get("task") if asked else None
        again = (e for e in self.events[position + 1 :] if e.kind in (ASKED, ANSWERED))
        return self.run.terminal or any((e.data or {}).get("task") == task for e in again)

    def _knew(self) -> bool:
        """Return whether this audience was told that something was to come, or had begun."""
        begins = self._window()
        return any(each.run_id == self.run.run_id or (begins and each.window_start == begins) for each in self.told)

    def _window(self) -> datetime | None:
        """Return the time that this audience was told for the run."""
        return window_of(self.run, self.told)

    def _begins(self) -> datetime | None:
        """Return the real T: when the run began; where that was before the announced time, that time.

        A run that did not wait for it began, for everybody else, when it went to cut over. A maintenance window begins
        when the doors close: what goes before that, nobody notices.
        """
        crossed = [event.at for event in self.events if _to(event) == "cutting_over"]
        if self.run.strategy == "stop_the_world":
            return crossed[0] if crossed else None
        return min([max(self._window() or self.run.started_at, self.run.started_at), *crossed])

    def _hears(self, moment: str) -> bool:
        return self.hears(moment, self.run.strategy)

    def _entry(
        self,
        moment: str,
        at: datetime | None,
        *,
        key: str | None = None,
        gone: str | None = None,
        values: dict[str, object] | None = None,
    ) -> Entry:
        if gone is None and at is not None and self.now - at > FORGET:
            gone = "it is no news any more"
        run, place = self.run, (self.run.migration, self.run.run_id, self.name)
        return Entry(*place, key or moment, moment, at, run.run_id, self._window(), gone, values or {})


def _said(event: Event) -> str | None:
    """Return the moment that a message of the run's thread is."""
    return EVENTS.get((event.data or {}).get("template", "")) if event.kind == milestones.KIND else None


def _signs(event: Event) -> str | None:
    """Return the DAG run that asks a role to sign off, where that is what the event is."""
    data = event.data or {}
    asks = event.kind == ASKED and str(data.get("task")).startswith(PREFIX)
    return str(data.get("dag_run_id")) if asks else None


def _to(event: Event) -> str | None:
    return str((event.data or {}).get("to")) if event.kind == "state" else None
