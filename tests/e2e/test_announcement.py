"""An announcement on whose way everything dies: the scheduler, and the task that has just sent it."""

from __future__ import annotations

import json
import os
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from cutover.connections import from_environment
from cutover.journal.store import Journal
from localstack.connections import variables
from localstack.slack_state import channel_id_of
from localstack.stack import Stack
from support.announcing import grow_stale
from support.scheduler_death import awaited, kill_scheduler

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
NAME = "announced"
AUDIENCES = {
    "developers": {"channel": channel_id_of("#announced-dev"), "moments": ["before_24h"]},
    "operations": {"channel": channel_id_of("#announced-ops"), "moments": ["before_24h"]},
    "end_users": {"channel": channel_id_of("#announced-all"), "service": "the shop", "moments": ["before_24h"]},
}


def write_spec(stack: Stack) -> None:
    begins = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=20)
    folder = stack.folder / "migrations" / NAME
    folder.mkdir()
    spec: dict[str, Any] = {
        "name": NAME,
        "title": "Leads move",
        "strategy": "online",
        "owner": "tests",
        "source": "shop",
        "tables": [{"name": "shop.orders", "columns": {"a": "1"}}],
        "rehearse": {"skip": "it is only announced"},
        "announce": {"window_start": begins.isoformat(), "audiences": AUDIENCES},
    }
    (folder / "migration.yaml").write_text(yaml.safe_dump(spec))


def posts(stack: Stack) -> list[str]:
    """Return the channels that were told, in order."""
    channels = {str(audience["channel"]): name for name, audience in AUDIENCES.items()}
    said = [each for each in stack.slack.messages() if each["method"] == "chat.postMessage"]
    return [channels[each["channel"]] for each in said if each["channel"] in channels]


def delay_answers(stack: Stack, seconds: float) -> None:
    fault = json.dumps({"method": "chat.postMessage", "delay": seconds, "times": 1}).encode()
    request = urllib.request.Request(f"{stack.slack.url}/_faults", fault, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=10).read()


def test_nobody_is_told_twice_and_nobody_is_forgotten(stack: Stack) -> None:
    os.environ.update(variables(stack.connections()))
    api = stack.api
    api.wait_for_dag("announcements")
    delay_answers(stack, 30)
    write_spec(stack)
    api.trigger("announcements")
    awaited("the first one is out, and not answered", 120, lambda: posts(stack))
    kill_scheduler(stack, with_workers=True)
    first = posts(stack)
    assert len(first) == 1, "the others were still to come"
    stack.up(say=lambda _: None)
    with Journal(from_environment("cutover_journal")) as journal:
        # Two minutes after which somebody who holds a claim is taken for dead.
        grow_stale(journal)

    def all_told() -> bool:
        if len(posts(stack)) < len(AUDIENCES):
            api.wait_for_run("announcements", api.trigger("announcements"), seconds=200)
        return len(posts(stack)) >= len(AUDIENCES)

    awaited("everybody is told", 300, all_told)
    api.wait_for_run("announcements", api.trigger("announcements"), seconds=200)
    assert sorted(posts(stack)) == sorted(AUDIENCES), "each once"
    with Journal(from_environment("cutover_journal")) as journal:
        made = [one for one in journal.announcements(NAME) if one.moment == "before_24h"]
        assert {one.audience for one in made} == set(AUDIENCES)
        assert not any(one.uncertain for one in made), "it was looked for, and found"
