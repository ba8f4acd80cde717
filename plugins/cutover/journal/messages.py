"""Messages: which were sent where, so that each is sent once and its thread is found again."""

from __future__ import annotations

import uuid
from datetime import timedelta

from cutover.journal.calls import Calls
from cutover.journal.records import Message


class Messages(Calls):
    """Slack's bookkeeping in the journal."""

    def claim_message(self, run_id: str, key: str, *, stale_after: timedelta = timedelta(minutes=2)) -> bool:
        """Return whether the caller is the one who shall send the message ``key``; of many, exactly one is told yes.

        A claim whose holder died before sending is handed out again after ``stale_after``. Only a holder that
        dies between Slack's answer and :meth:`message_sent` can lead to a second copy.
        """
        # A new claimant per call, the same for its repetitions: a claim whose answer was lost is still ours.
        return bool(self.row("message_claim", run_id=run_id, key=key, claimant=uuid.uuid4(), stale_after=stale_after))

    def message_sent(self, run_id: str, key: str, channel: str, ts: str) -> None:
        """Write down where the message is."""
        self.rows("message_sent", run_id=run_id, key=key, claimant=uuid.uuid4(), channel=channel, ts=ts)

    def release_message(self, run_id: str, key: str) -> None:
        """Give a claim back after a send that failed, so that the next caller may try; never a sent one."""
        self.rows("message_release", run_id=run_id, key=key)

    def message(self, run_id: str, key: str) -> Message | None:
        """Return where a sent message is; ``None`` where it was not (yet) sent."""
        found = self.row("message_get", run_id=run_id, key=key)
        return Message(**found) if found else None
