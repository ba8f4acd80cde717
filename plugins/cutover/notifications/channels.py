"""Find a run's channel: the migration names it, an Airflow connection says how to get there."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from cutover.messages.outbox import Channel
from cutover.notifications.slack import SlackChannel
from cutover.notifications.webhook import WebhookChannel
from cutover.spec.announcing import Audience

SLACK = "cutover_slack"
WEBHOOK_HOST = "https://hooks.slack.com/services"

log = logging.getLogger("cutover.notifications")


def channel_for(spec: dict[str, Any], conn_id: str = SLACK) -> Channel | None:
    """Return where those who carry out a run listen, or ``None`` where nobody shall be told."""
    return channel_at(conn_id, (spec.get("announce") or {}).get("channel"), what="`announce.channel` of the migration")


def channel_of(audience: Audience) -> Channel | None:
    """Return where an audience of a migration listens, or ``None`` where it cannot be told."""
    channel = channel_at(audience.connection or SLACK, audience.channel, what="its `channel`")
    if audience.connection is None and isinstance(channel, WebhookChannel):
        # It would speak to the wrong people: a webhook has one channel, whatever the migration names.
        log.warning(
            "no announcements to %s: %r is a webhook, and leads to its own channel only; give this audience a"
            " `connection` of its own",
            audience.channel,
            SLACK,
        )
        return None
    return channel


def channel_at(conn_id: str, name: str | None, *, what: str) -> Channel | None:
    """Return the channel ``name`` behind an Airflow connection, or ``None`` where nobody shall be told.

    A connection of type ``slack`` holds a bot token; ``channel`` and ``base_url`` may stand in its extra. One of
    type ``slackwebhook`` holds the webhook, as Airflow's Slack provider reads it.

    :param what: where the name should have come from.
    """
    try:
        connection = BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        log.info("no Slack messages: the Airflow connection %r is not defined", conn_id)
        return None
    extra = connection.extra_dejson
    if connection.conn_type == "slackwebhook":
        url = webhook_url(connection)
        return WebhookChannel(url) if url else None
    name = name or extra.get("channel")
    if not name or not connection.password:
        missing = what if not name else f"the token in the connection {conn_id!r}"
        log.info("no Slack messages: %s is not set", missing)
        return None
    return SlackChannel(name, connection.password, base_url=extra.get("base_url"))


def webhook_url(connection: Any) -> str | None:
    """Put the webhook's address together from host and password, or take a password that is a whole address."""
    secret = connection.password or ""
    if secret.startswith(("http://", "https://")):
        return secret
    if not secret:
        return None
    host = connection.host or WEBHOOK_HOST
    if "://" not in host:
        host = f"{connection.schema or 'https'}://{host}"
    return f"{host.rstrip('/')}/{secret.lstrip('/')}"
