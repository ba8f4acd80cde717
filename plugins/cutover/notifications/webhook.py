"""A Slack channel by an incoming webhook: every message stands alone, nothing can be updated."""

from __future__ import annotations

import http.client
from datetime import datetime
from urllib.error import URLError

from slack_sdk.webhook import WebhookClient

from cutover.messages.blocks import Message
from cutover.messages.errors import ChannelFailed
from cutover.notifications.rate_limit import BriefRateLimitRetryHandler, wanted
from cutover.notifications.slack import TIMEOUT_SECONDS


class WebhookChannel:
    """The channel that the webhook was made for.

    :param url: holds the secret, so it is neither logged nor part of any error.
    """

    threads = False
    name = "webhook"

    def __init__(self, url: str, *, timeout: int = TIMEOUT_SECONDS) -> None:
        self._client = WebhookClient(url, timeout=timeout, retry_handlers=[BriefRateLimitRetryHandler()])

    def post(self, message: Message, thread: str | None = None) -> tuple[str, str]:
        """Send; a webhook tells no id, so ``ts`` is empty."""
        try:
            answer = self._client.send(text=message.text, blocks=message.blocks)
        except URLError as error:
            timed_out = isinstance(error.reason, TimeoutError)
            what = f"Slack's webhook could not be reached: {error.reason}."
            raise ChannelFailed(what, maybe_sent=timed_out) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ChannelFailed(f"Slack's webhook did not answer: {type(error).__name__}.", maybe_sent=True) from None
        if answer.status_code == 429:
            after = wanted(answer.headers)
            raise ChannelFailed(f"Slack asks to be left alone for {after:.0f} s.", retry_after=after)
        if answer.status_code != 200:
            raise ChannelFailed(
                f"Slack's webhook refused the message: HTTP {answer.status_code} {answer.body[:80]}.",
                fix="make a new incoming webhook and put it into the Airflow connection.",
            )
        return self.name, ""

    def update(self, channel: str, ts: str, message: Message) -> None:
        """Do nothing: a webhook cannot change what was sent."""

    def find(self, tag: str, channel: str | None, since: datetime) -> tuple[str, str] | None:
        """:raises ChannelFailed: always: a webhook cannot read."""
        raise ChannelFailed("a webhook cannot look for what was sent.", refused=True)
