"""Make announcements, each once: claim, say that it is on its way, send, write down that it is out.

A claim that nobody carried to its end is taken over after two minutes. Where its holder was about to send, the message
may be out: it is looked for in the channel, by its tag, before it is sent again. Where nobody can look (a webhook, a
bot without the scope to read) it is not sent again, and noted as uncertain: better one missing than one twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from cutover import points
from cutover.journal.records import Claim
from cutover.journal.store import Journal
from cutover.messages.announcements.entry import Entry
from cutover.messages.blocks import to_message
from cutover.messages.errors import ChannelFailed
from cutover.messages.outbox import Channel

log = logging.getLogger("cutover.messages")
Text = Callable[[Entry, bool], str]
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


def send(journal: Journal, channel: Channel, entry: Entry, text: Text, now: datetime) -> bool:
    """Make one announcement; return whether it is out by this call. ``False``: another is at it, or has made it.

    :raises ChannelFailed: the channel did not take it; a later turn tries again.
    :raises MessageTemplateBroken: there is nothing to send; nothing was claimed.
    """
    late = entry.late(now)
    message = to_message(text(entry, late), tag="/".join(entry.what))
    claim = journal.claim_announcement(
        entry.what, moment=entry.moment, run_id=entry.run_id, window_start=entry.window_start
    )
    if claim is None:
        return False
    points.reach("announcement.claimed")
    if claim.doubtful_since and _is_out(journal, channel, claim, str(message.tag), late):
        return True
    if not journal.announcement_sending(claim, channel.name):
        return False
    points.reach("announcement.sending")
    try:
        channel_id, ts = channel.post(message)
    except ChannelFailed as error:
        # One that may be out keeps its claim: whoever takes it over looks for it.
        if not error.maybe_sent:
            journal.release_announcement(claim)
        raise
    points.reach("announcement.posted")
    journal.announcement_sent(claim, channel=channel.name, channel_id=channel_id if ts else None, ts=ts, late=late)
    return True


def _is_out(journal: Journal, channel: Channel, claim: Claim, tag: str, late: bool) -> bool:
    """Look for what an earlier claimant was about to send, and write down what came of it; return whether it is out."""
    assert claim.doubtful_since is not None
    try:
        found = channel.find(tag, journal.channel_id(channel.name), claim.doubtful_since)
    except ChannelFailed as error:
        if not error.refused:
            raise
        log.warning("announcement %s may be missing: its sender died or did not hear, and %s", tag, error.what)
        journal.announcement_sent(claim, channel=channel.name, late=late, uncertain=True)
        return True
    if found is None:
        return False
    channel_id, ts = found
    journal.announcement_sent(claim, channel=channel.name, channel_id=channel_id, ts=ts, late=late)
    return True
