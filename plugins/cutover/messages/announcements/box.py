"""What one audience is still to be told, of a run or of a migration that has none yet."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from cutover.journal.records import Announced
from cutover.journal.store import Journal
from cutover.messages.announcements import texts
from cutover.messages.announcements.entry import Entry
from cutover.messages.announcements.planned import planned
from cutover.messages.announcements.running import audiences_of, running
from cutover.messages.announcements.sending import Clock, send, utc_now
from cutover.messages.errors import ChannelFailed, MessageTemplateBroken
from cutover.messages.outbox import Channel
from cutover.spec.announcing import Audience
from cutover.spec.models import Migration


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the journal found: the timeline, and the words for a line of it."""

    entries: list[Entry]
    text: Callable[[Entry, bool], str]


class Box:
    """The announcements to one audience on their way to one channel.

    :param look: reads the journal and returns the timeline as it is then.
    """

    def __init__(
        self,
        journal: Journal,
        channel: Channel,
        run_id: str,
        look: Callable[[datetime], Look],
        *,
        clock: Clock = utc_now,
        log: logging.Logger | None = None,
    ) -> None:
        self.journal = journal
        self.channel = channel
        self.run_id = run_id
        self.log = log or logging.getLogger("cutover.messages")
        self.sent: list[Entry] = []
        self._look = look
        self._clock = clock

    def flush(self) -> None:
        """Send what is due, in order; what another has claimed ends the turn, so that the order stays.

        :raises ChannelFailed: the channel did not take something; nothing is lost, call again later.
        """
        refused: dict[tuple[str, str, str, str], ChannelFailed] = {}
        done: set[tuple[str, str, str, str]] = set()
        while True:
            # Anew for each: while the channel took its time, what was due may have been overtaken.
            now = self._clock()
            look = self._look(now)
            entry = next((e for e in look.entries if e.due(now) and e.what not in done), None)
            if entry is None:
                break
            done.add(entry.what)
            try:
                if not self._send(entry, look, now):
                    break
            except ChannelFailed as error:
                if not error.refused:
                    raise
                refused[entry.what] = error  # perhaps only this one: a text that Slack does not take
        if refused:
            raise next(iter(refused.values()))

    def _send(self, entry: Entry, look: Look, now: datetime) -> bool:
        try:
            if not send(self.journal, self.channel, entry, look.text, now):
                return False
        except MessageTemplateBroken as error:
            raise ChannelFailed(error.what, fix=error.fix, refused=True) from None
        self.sent.append(entry)
        return True


def of_run(journal: Journal, run_id: str, audience: str, place: Audience) -> Callable[[datetime], Look]:
    """Return what looks at a run for one audience."""

    def look(now: datetime) -> Look:
        run, events = journal.get_run(run_id), journal.events(run_id)
        if audience not in audiences_of(run):
            return Look([], lambda entry, late: "")
        told = journal.announcements(run.migration)
        mine = _untold(running(run, events, told, now, texts.exists), audience, told)

        def text(entry: Entry, late: bool) -> str:
            values = texts.of_run(run, events, journal.get_progress(run_id), entry.window_start, now)
            return texts.fill(entry, place, values, late=late)

        return Look(mine, text)

    return look


def of_spec(journal: Journal, spec: Migration, audience: str, place: Audience) -> Callable[[datetime], Look]:
    """Return what looks at a migration before its run, for one audience."""

    def look(now: datetime) -> Look:
        told = journal.announcements(spec.name)
        runs = journal.runs(migration=spec.name, limit=500, dry_run=False)
        mine = _untold(planned(spec, runs, told, now, texts.exists), audience, told)

        def text(entry: Entry, late: bool) -> str:
            values = texts.of_spec(spec.snapshot(), spec.announce.window_start, now)
            return texts.fill(entry, place, values, late=late)

        return Look(mine, text)

    return look


def _untold(found: Iterable[Entry], audience: str, told: Iterable[Announced]) -> list[Entry]:
    """Return the lines of a timeline that one audience was not told yet."""
    out = {each.what for each in told}
    return [entry for entry in found if entry.audience == audience and entry.what not in out]
