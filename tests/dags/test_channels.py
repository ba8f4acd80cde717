"""Where the stakeholders of a run listen, by Airflow's connections."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cutover.messages.blocks import to_message
from cutover.notifications.channels import channel_for
from cutover.notifications.slack import SlackChannel
from cutover.notifications.webhook import WebhookChannel
from localstack.slack_recorder import recording

pytestmark = pytest.mark.dags
SPEC = {"announce": {"channel": "#migrations"}}


def connect(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CUTOVER_SLACK", json.dumps(fields))


def test_without_a_connection_nobody_is_told() -> None:
    assert channel_for(SPEC) is None


def test_a_bot_posts_where_the_migration_says(monkeypatch: pytest.MonkeyPatch) -> None:
    with recording(token="xoxb-made-up") as (state, url):
        extra = {"base_url": f"{url}/api/", "channel": "#elsewhere"}
        connect(monkeypatch, conn_type="slack", password="xoxb-made-up", extra=extra)
        channel = channel_for(SPEC)
        assert isinstance(channel, SlackChannel)
        channel.post(to_message("hello"))
    assert [message["channel"] for message in state.messages] == ["#migrations"]


def test_the_connections_channel_stands_in_for_the_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, conn_type="slack", password="xoxb-made-up", extra={"channel": "#elsewhere"})
    channel = channel_for({"announce": {"channel": None}})
    assert channel is not None and channel.name == "#elsewhere"


@pytest.mark.parametrize("fields", [{"password": "xoxb-made-up"}, {"extra": {"channel": "#m"}}])
def test_half_a_connection_is_no_channel(monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any]) -> None:
    connect(monkeypatch, conn_type="slack", **fields)
    assert channel_for({}) is None


@pytest.mark.parametrize("whole", [True, False])
def test_a_webhook_is_put_together_as_airflows_slack_provider_does(
    monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    with recording() as (state, url):
        host = url.removeprefix("http://") + "/services"
        fields = (
            {"password": f"http://{host}/T/B/X"} if whole else {"schema": "http", "host": host, "password": "T/B/X"}
        )
        connect(monkeypatch, conn_type="slackwebhook", **fields)
        channel = channel_for(SPEC)
        assert isinstance(channel, WebhookChannel)
        channel.post(to_message("hello"))
    assert [message["text"] for message in state.messages] == ["hello"]


def test_the_real_webhook_is_the_default() -> None:
    from types import SimpleNamespace

    from cutover.notifications.channels import webhook_url

    bare = SimpleNamespace(host=None, schema=None, password="T/B/X")
    assert webhook_url(bare) == "https://hooks.slack.com/services/T/B/X"
