"""An audience's whole timeline for people: what was said, what is to come, and what is left out and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from cutover.journal.records import Announced, Event, Run
from cutover.messages.announcements.entry import Entry, in_order
from cutover.messages.announcements.moments import PROGRESS, WHEN, hears
from cutover.messages.announcements.planned import planned
from cutover.messages.announcements.running import audiences_of, running
from cutover.messages.announcements.texts import exists
from cutover.messages.words import moment as minute
from cutover.spec.announcing import MOMENTS, Audience
from cutover.spec.models import Migration


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    :param at: when it is or was due; ``None``: see ``when``.
    :param state: ``sent ...``, ``uncertain ...``, ``due``, ``to come``, or ``not sent: ...``.
    """

    migration: str
    occasion: str
    audience: str
    where: str
    moment: str
    at: datetime | None
    when: str
    state: str
    late: bool

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-safe data."""
        return asdict(self) | {"at": self.at.isoformat() if self.at else None}


def lines(
    spec: Migration,
    runs: Sequence[Run],
    events: Mapping[str, Sequence[Event]],
    told: Sequence[Announced],
    now: datetime,
) -> list[Line]:
    """Return the timeline of a migration: its reminders, and those of its latest run, or of the one that is to come.

    :param runs: of this migration, the newest first, rehearsals left out.
    :param events: by run id, of the latest run.
    """
    out = {each.what: each for each in told}
    places = dict(spec.announce.audiences.named())
    entries = planned(spec, runs, told, now, exists)
    latest = runs[0] if runs else None
    begins = spec.announce.window_start
    again = latest and latest.terminal and latest.state != "finalized" and begins and begins > now
    if latest and not again:
        entries += running(latest, events.get(latest.run_id, ()), told, now, exists)
        places = {**audiences_of(latest), **places}
    else:
        entries += [each for name, audience in places.items() for each in _to_come(spec, name, audience)]
    entries += [each for name, audience in places.items() for each in _unheard(spec, name, audience)]
    listed = {entry.what for entry in entries}
    occasions = {entry.occasion for entry in entries}
    entries += [_of_told(each) for each in told if each.what not in listed and each.occasion in occasions]
    return [
        _line(entry, places.get(name), out.get(entry.what), now)
        for name in places
        for entry in in_order([each for each in entries if each.audience == name])
    ]


def _to_come(spec: Migration, name: str, audience: Audience) -> list[Entry]:
    """Return the lines of the run that has not begun."""
    begins = spec.announce.window_start
    times = {"begins": begins, "progress": begins + PROGRESS} if begins else {}
    heard = [m for m in MOMENTS if m in WHEN and hears(name, audience, m, spec.strategy, exists)]
    return [Entry(spec.name, "", name, moment, moment, times.get(moment)) for moment in heard]


def _unheard(spec: Migration, name: str, audience: Audience) -> list[Entry]:
    """Return the lines of what the migration asks for by name, and nobody has written a text for."""
    gone = f"there is no text for it, announcements/{name}/"
    missing = [moment for moment in audience.moments or () if not exists(name, moment, spec.strategy)]
    return [Entry(spec.name, "", name, moment, moment, None, gone=f"{gone}{moment}.md") for moment in missing]


def _of_told(each: Announced) -> Entry:
    """Return the line of something that was said and is part of no timeline any more."""
    return Entry(each.migration, each.occasion, each.audience, each.key, each.moment, each.sent_at, each.run_id)


def _line(entry: Entry, audience: Audience | None, sent: Announced | None, now: datetime) -> Line:
    where = audience.place if audience else ""
    when = minute(entry.at) if entry.at else WHEN.get(entry.moment, "when it happens")
    return Line(
        migration=entry.migration,
        occasion=entry.occasion,
        audience=entry.audience,
        where=where,
        moment=entry.moment,
        at=entry.at,
        when=when,
        state=_state(entry, sent, now),
        late=sent.late if sent else entry.due(now) and entry.late(now),
    )


def _state(entry: Entry, sent: Announced | None, now: datetime) -> str:
    if sent:
        how = "uncertain: it may be missing; noted" if sent.uncertain else "sent"
        return f"{how} {minute(sent.sent_at)}{', late' if sent.late else ''}"
    if entry.gone:
        return f"not sent: {entry.gone}"
    if not entry.occasion:
        return "to come, with a run"
    return "due" if entry.due(now) else "to come"
