"""One turn over everything: reminders of what is planned, and what the runs' own steps could not say."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from cutover.errors import CutoverError
from cutover.journal.errors import JournalUnavailable
from cutover.journal.store import Journal
from cutover.messages.announcements import box
from cutover.messages.announcements.entry import FORGET, Entry
from cutover.messages.announcements.running import audiences_of
from cutover.messages.announcements.sending import Clock, utc_now
from cutover.messages.errors import ChannelFailed
from cutover.messages.outbox import Channel
from cutover.spec.announcing import Audience
from cutover.spec.models import Migration

log = logging.getLogger("cutover.messages")
ChannelOf = Callable[[Audience], Channel | None]


@dataclass(slots=True)
class Turn:
    """What one turn sent, and what kept it from sending more."""

    sent: list[Entry] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-safe data."""
        shown = [{"occasion": e.occasion, "audience": e.audience, "moment": e.moment, "key": e.key} for e in self.sent]
        return {"sent": shown, "troubles": self.troubles}


def take_turn(journal: Journal, specs: Iterable[Migration], channel_of: ChannelOf, *, clock: Clock = utc_now) -> Turn:
    """Send everything that is due. A channel that is down is not tried again in the same turn, and never raises.

    :param channel_of: returns where an audience listens; ``None`` where nobody shall be told.
    :raises JournalUnavailable: nobody can tell what is due.
    """
    turn = Turn()
    down: set[str] = set()
    for where, place, look in _looks(journal, specs):
        if place.place in down:
            continue
        try:
            channel = channel_of(place)
            if channel is None:
                continue
            one = box.Box(journal, channel, where, look, clock=clock)
            try:
                one.flush()
            finally:
                turn.sent += one.sent
        except JournalUnavailable:
            raise
        except Exception as error:
            # Whatever is wrong with one, the others are told.
            if isinstance(error, ChannelFailed) and not error.refused:
                down.add(place.place)
            log.warning("announcements of %s to %s have to wait: %s", where, place.place, error)
            why = error.what if isinstance(error, CutoverError) else type(error).__name__
            turn.troubles.append(f"{where}, {place.place}: {why}")
    return turn


def _looks(journal: Journal, specs: Iterable[Migration]) -> Iterable[tuple[str, Audience, Any]]:
    """Yield ``(what it is about, where to, look)`` for each audience of each migration and run."""
    for spec in specs:
        for name, audience in spec.announce.audiences.named().items():
            yield spec.name, audience, box.of_spec(journal, spec, name, audience)
    for run in journal.announced_runs(utc_now() - FORGET):
        for name, audience in audiences_of(run).items():
            yield run.run_id, audience, box.of_run(journal, run.run_id, name, audience)
