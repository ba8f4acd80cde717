"""Announcements: which were made to whom, so that each is made once, whoever dies in the middle of it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from cutover.journal.calls import Calls
from cutover.journal.records import Announced, Claim, Run

# Longer than any one attempt to send takes.
STALE = timedelta(minutes=2)
Id = tuple[str, str, str, str]


class Announcements(Calls):
    """Who was told what. An id is ``(migration, occasion, audience, key)``."""

    def claim_announcement(
        self,
        what: Id,
        *,
        moment: str,
        run_id: str | None,
        window_start: datetime | None,
        stale_after: timedelta = STALE,
    ) -> Claim | None:
        """Return the claim of the one caller who shall send it; ``None``: it is out, or another is at it.

        A claim whose holder has not come back for ``stale_after`` is handed out again. Where that holder was about to
        send, the new claim is *doubtful*: the announcement may be out.
        """
        # A new claimant per call, the same for its repetitions: a claim whose answer was lost is still ours.
        more = {"moment": moment, "run_id": run_id, "window_start": window_start, "stale_after": stale_after}
        found = self.row("announcement_claim", **_id(what), **more, claimant=uuid.uuid4())
        return Claim(what, **found) if found else None

    def announcement_sending(self, claim: Claim, channel: str) -> bool:
        """Write down that it is sent now, before it is; ``False``: the claim was lost, so it must not be."""
        return bool(self.row("announcement_sending", **_id(claim.what), claimant=claim.claimant, channel=channel))

    def announcement_sent(
        self,
        claim: Claim,
        *,
        channel: str,
        channel_id: str | None = None,
        ts: str | None = None,
        late: bool = False,
        uncertain: bool = False,
    ) -> None:
        """Write down that it is out.

        :param channel: the channel's name here; ``channel_id``: its id there, where it told one.
        :param uncertain: it may be missing: the sender did not hear, and nobody can look.
        """
        where: dict[str, Any] = {"channel": channel, "channel_id": channel_id, "ts": ts}
        self.rows("announcement_sent", **_id(claim.what), **where, late=late, uncertain=uncertain)

    def release_announcement(self, claim: Claim) -> None:
        """Give a claim back after a send that surely failed, so that the next turn may try."""
        self.rows("announcement_release", **_id(claim.what), claimant=claim.claimant)

    def announcements(self, migration: str) -> list[Announced]:
        """Return all that was said of a migration, the oldest first."""
        return [Announced(**row) for row in self.rows("announcements", migration=migration)]

    def channel_id(self, channel: str) -> str | None:
        """Return the id of a channel to which something was announced before."""
        found = self.row("announcement_channel", channel=channel)
        return str(found["channel_id"]) if found else None

    def announced_runs(self, since: datetime) -> list[Run]:
        """Return the runs that have audiences and have not ended, or not before ``since``; the oldest first."""
        return [Run(**row) for row in self.rows("announced_runs", since=since)]


def _id(what: Id) -> dict[str, Any]:
    return dict(zip(("migration", "occasion", "audience", "key"), what, strict=True))
