"""A Slack channel by the Web API: threads, and a first message that is updated in place."""

from __future__ import annotations

import http.client
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from cutover.messages.blocks import Message
from cutover.messages.errors import ChannelFailed
from cutover.notifications.rate_limit import BriefRateLimitRetryHandler, wanted

TIMEOUT_SECONDS = 4
READ = "conversations.history"
TAG = "cutover_announcement"
MOST = 999
# Slack's clock and that of the journal are not the same.
CLOCKS = timedelta(minutes=1)
CHANNEL_ID = re.compile(r"[CDG][A-Z0-9]{8,}")

# What Slack answers when it is not well itself: another time it takes what it did not take now.
UNWELL = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
# What Slack answers when the set-up is wrong, and what mends it.
FIXES = {
    "channel_not_found": "invite the bot to the channel, or correct `announce.channel` of the migration.",
    "not_in_channel": "invite the bot to the channel (/invite @name).",
    "is_archived": "name another channel in `announce.channel` of the migration.",
    "invalid_auth": "put a valid bot token (xoxb-...) into the password of the Airflow connection.",
    "not_authed": "put a bot token (xoxb-...) into the password of the Airflow connection.",
    "token_revoked": "put a valid bot token (xoxb-...) into the password of the Airflow connection.",
    "missing_scope": "give the bot the scope chat:write; to look for what may be out, channels:history as well.",
    "msg_too_long": "shorten the text under include/messages.",
    "invalid_blocks": "correct the text under include/messages.",
}


class SlackChannel:
    """One channel of one workspace.

    :param token: the bot's token; it is sent to Slack and shown nowhere.
    :param base_url: another endpoint than Slack's own, ending in ``/api/``.
    """

    threads = True

    def __init__(self, name: str, token: str, *, base_url: str | None = None, timeout: int = TIMEOUT_SECONDS) -> None:
        self.name = name
        options: dict[str, Any] = {"base_url": base_url.rstrip("/") + "/"} if base_url else {}
        # Slack's own handler for dropped connections is left out: it would send a message twice.
        self._client = WebClient(token, timeout=timeout, retry_handlers=[BriefRateLimitRetryHandler()], **options)

    def post(self, message: Message, thread: str | None = None) -> tuple[str, str]:
        """Send, as an answer in ``thread`` when given; return the channel's id and the message's ``ts``."""
        unseen = {"event_type": TAG, "event_payload": {"tag": message.tag}} if message.tag else None
        answer = self._call(
            "chat.postMessage",
            channel=self.name,
            text=message.text,
            blocks=message.blocks,
            thread_ts=thread,
            metadata=unseen,
        )
        return answer.get("channel") or self.name, answer["ts"]

    def update(self, channel: str, ts: str, message: Message) -> None:
        """Replace a message that was sent."""
        self._call("chat.update", channel=channel, ts=ts, text=message.text, blocks=message.blocks)

    def find(self, tag: str, channel: str | None, since: datetime) -> tuple[str, str] | None:
        """Look through the channel's latest messages; needs the scope ``channels:history`` or ``groups:history``."""
        channel = channel or (self.name if CHANNEL_ID.fullmatch(self.name) else None)
        if channel is None:
            raise ChannelFailed(f"the id of {self.name} is not known yet, so nobody can look there.", refused=True)
        oldest = (since - CLOCKS).timestamp()
        answer = self._call(READ, channel=channel, oldest=f"{oldest:.6f}", limit=MOST, include_all_metadata=True)
        for message in answer.get("messages") or ():
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            if payload.get("tag") == tag:
                return channel, message["ts"]
        return None

    def _call(self, method: str, **fields: Any) -> dict[str, Any]:
        body = {name: value for name, value in fields.items() if value is not None}
        body |= {"unfurl_links": False, "unfurl_media": False} if method == "chat.postMessage" else {}
        # What only reads does not take JSON.
        sent: dict[str, Any] = {"params": body} if method == READ else {"json": body}
        try:
            return self._client.api_call(method, **sent).data  # type: ignore[return-value]
        except SlackApiError as error:
            raise self._refused(method, error) from None
        except URLError as error:
            # Nothing was sent where there was no connection; a time-out may have come after Slack's work was done.
            timed_out = isinstance(error.reason, TimeoutError)
            what = f"Slack could not be reached for {method}: {error.reason}."
            raise ChannelFailed(what, maybe_sent=timed_out) from None
        except (OSError, http.client.HTTPException, SlackClientError, ValueError) as error:
            raise ChannelFailed(f"Slack did not answer {method}: {type(error).__name__}.", maybe_sent=True) from None

    def _refused(self, method: str, error: SlackApiError) -> ChannelFailed:
        answer = error.response
        status = getattr(answer, "status_code", None)
        if status == 429:
            after = wanted(getattr(answer, "headers", {}))
            return ChannelFailed(f"Slack asks to be left alone for {after:.0f} s.", retry_after=after)
        reason = answer.get("error") if isinstance(getattr(answer, "data", None), dict) else None
        what = f"Slack refused {method} to {self.name}: {reason or f'HTTP {status}'}."
        refused = reason is not None and reason not in UNWELL and (status or 200) < 500
        return ChannelFailed(what, fix=FIXES.get(reason or ""), refused=refused)
