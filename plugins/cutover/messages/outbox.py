"""Send what the journal holds and the channel has not seen: each message once, in one thread per run."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Protocol

from cutover.journal.records import Event
from cutover.journal.store import Journal
from cutover.messages import facts, milestones
from cutover.messages.blocks import Message, to_message
from cutover.messages.errors import ChannelFailed
from cutover.messages.head import head

HEAD = "head"


class Channel(Protocol):
    """Where messages go.

    :ivar name: the channel's name, written down with each message.
    :ivar threads: whether messages can be answered and updated; without, each one stands alone.
    """

    name: str
    threads: bool

    def post(self, message: Message, thread: str | None = None) -> tuple[str, str]:
        """Send; return the channel's own id and the message's. :raises ChannelFailed: not taken."""

    def update(self, channel: str, ts: str, message: Message) -> None:
        """Replace a message. :raises ChannelFailed: not taken."""

    def find(self, tag: str, channel: str | None, since: datetime) -> tuple[str, str] | None:
        """Return where a message with this tag is, if one was sent since.

        :param channel: the channel's own id, as far as it is known.
        :raises ChannelFailed: nobody can tell; ``refused`` where nobody ever will.
        """


class Outbox:
    """The messages of one run on their way to one channel."""

    def __init__(self, journal: Journal, channel: Channel, run_id: str, *, log: logging.Logger | None = None) -> None:
        self.journal = journal
        self.channel = channel
        self.run_id = run_id
        self.log = log or logging.getLogger("cutover.messages")
        self._shown: Message | None = None
        self._done: set[str] = set()

    def flush(self) -> None:
        """Bring the channel up to date: the thread's head, then what was not sent yet, in order.

        :raises ChannelFailed: the channel did not take a message; nothing is lost, call again later.
        """
        events = self.journal.events(self.run_id)
        self._quarters(events)
        trouble: ChannelFailed | None = None
        try:
            if not self._head(events):
                return
        except ChannelFailed as error:
            if self.journal.message(self.run_id, HEAD) is None:
                raise
            # The thread is there, only its head cannot be updated (somebody deleted it, say): the answers still go out.
            trouble = error
        for event in self.journal.events(self.run_id, kind=milestones.KIND):
            key = (event.data or {}).get("key")
            if key and key not in self._done:
                self._send(key, to_message(self._told_alone(event.text)))
        if trouble is not None:
            raise trouble

    def _quarters(self, events: list[Event]) -> None:
        """Put the copy's quarters into the journal when they are due."""
        run = self.journal.get_run(self.run_id)
        copied = facts.copied(self.journal.get_progress(self.run_id)) if run.state == "filling" else None
        if copied is None:
            return
        keys = {e.data["key"] for e in events if e.kind == milestones.KIND and e.data}
        told = {quarter for quarter in milestones.SHARES if f"copied_{quarter}" in keys}
        quarter = milestones.crossed(copied["share"], told)
        if quarter:
            milestones.say(self.journal, self.run_id, f"copied_{quarter}", "copied", quarter=quarter, copied=copied)

    def _head(self, events: list[Event]) -> bool:
        """Post or update the first message; return whether it is there."""
        run = self.journal.get_run(self.run_id)
        message = head(run, self.journal.get_progress(self.run_id), events)
        sent = self.journal.message(self.run_id, HEAD)
        if sent is None:
            return self._send(HEAD, message)
        if self.channel.threads and message != self._shown:
            before, self._shown = self._shown, message
            try:
                self.channel.update(sent.channel, sent.ts, message)
            except ChannelFailed as error:
                # What Slack refuses it will refuse again; what did not reach it is tried at the next flush.
                self._shown = message if error.refused else before
                raise
        return True

    def _send(self, key: str, message: Message) -> bool:
        """Send ``key`` unless it was sent; return whether it is out. Another courier may be at it right now."""
        if self.journal.message(self.run_id, key) is not None:
            self._done.add(key)
            return True
        if not self.journal.claim_message(self.run_id, key):
            return False
        first = self.journal.message(self.run_id, HEAD) if key != HEAD else None
        try:
            channel, ts = self.channel.post(message, first.ts if first and self.channel.threads else None)
        except ChannelFailed as error:
            self._not_taken(key, error)
            raise
        except BaseException:
            self.journal.release_message(self.run_id, key)
            raise
        self.journal.message_sent(self.run_id, key, channel, ts)
        self._done.add(key)
        self._shown = message if key == HEAD else self._shown
        return True

    def _not_taken(self, key: str, error: ChannelFailed) -> None:
        """Free the claim for a later try, unless the message may be out: better one missing than one twice."""
        if not error.maybe_sent:
            self.journal.release_message(self.run_id, key)
        elif key != HEAD:
            # The head is the exception: without its id there is no thread, so its claim grows stale and is retried.
            self.journal.message_sent(self.run_id, key, self.channel.name, "")

    def _told_alone(self, text: str) -> str:
        """Without threads every message has to say which run it is about."""
        if self.channel.threads:
            return text
        return f"{text}\n\n> {self.run_id}"
