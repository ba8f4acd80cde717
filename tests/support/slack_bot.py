"""The connection ``cutover_slack``, which leads to a recording endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from localstack.slack_recorder import recording
from localstack.slack_state import SlackState

TOKEN = "xoxb-made-up"


@contextmanager
def slack_bot(monkeypatch: pytest.MonkeyPatch, **extra: str) -> Iterator[tuple[SlackState, str]]:
    """Yield what a bot says while the block runs, and where it says it (a URL); ``extra``: of the connection."""
    with recording(token=TOKEN) as (state, url):
        fields = {"conn_type": "slack", "password": TOKEN, "extra": {"base_url": f"{url}/api/", **extra}}
        monkeypatch.setenv("AIRFLOW_CONN_CUTOVER_SLACK", json.dumps(fields))
        yield state, url


def said(state: SlackState) -> str:
    """Return all that was posted, message by message."""
    return "\n".join(message["text"] for message in state.messages if message["method"] == "chat.postMessage")
