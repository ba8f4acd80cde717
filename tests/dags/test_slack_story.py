"""The Slack traffic of a complete blue-green run with its rollback, as a person reads it: see slack_story.txt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cutover.approvals.asked import ASKED
from cutover.messages.announcements.turn import take_turn
from cutover.notifications.channels import channel_of
from cutover.spec.loader import load_all
from localstack.slack_state import SlackState
from support import dag_runs
from support.dag_runs import answering
from support.pair_runs import PairStage
from support.slack_bot import slack_bot
from support.slack_story import Story

pytestmark = [pytest.mark.dags, pytest.mark.slow]

EXPECTED = Path(__file__).with_name("slack_story.txt")
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
# End users have a webhook of their own: a status channel to which no bot was invited.
AUDIENCES = {
    "developers": {"channel": "#dev"},
    "operations": {"channel": "#ops"},
    "end_users": {"connection": "status_webhook", "service": "the shop"},
}
HEARD_BY = {
    "#migrations": "#migrations, those who carry it out",
    "#dev": "#dev, developers",
    "#ops": "#ops, operations",
    "STATUS": "a status page, end users",
}


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackState]:
    with slack_bot(monkeypatch) as (state, url):
        hook = {"conn_type": "slackwebhook", "password": f"{url}/services/T/STATUS/secret"}
        monkeypatch.setenv("AIRFLOW_CONN_STATUS_WEBHOOK", json.dumps(hook))
        yield state


def test_the_whole_story(pair_stage: PairStage, slack: SlackState, tmp_path: Path) -> None:
    stage, story = pair_stage, Story(slack, HEARD_BY)
    begins = datetime.now(UTC).replace(microsecond=0)
    announce = {"channel": "#migrations", "window_start": begins.isoformat(), "audiences": AUDIENCES}
    stage.spec(cutover={"approval": "required"}, title="The shop moves to PostgreSQL 18", announce=announce)

    def clock(title: str, now: datetime) -> None:
        """Do what the DAG `announcements` does at that time; twice: what was said is not said again."""
        for _ in range(2):
            assert take_turn(stage.journal, load_all()[0].values(), channel_of, clock=lambda: now).troubles == []
        story.chapter(title)

    clock("Two days before", begins - 2 * DAY)
    clock("A day before", begins - DAY + MINUTE)
    clock("Two hours before", begins - 2 * HOUR + MINUTE)

    def half_an_hour_later() -> None:
        now = stage.latest().started_at + 31 * MINUTE
        take_turn(stage.journal, [], channel_of, clock=lambda: now)
        story.chapter("Half an hour later, it waits for an answer")

    with when_asked(stage, "approve_cutover", before=lambda: story.chapter("It begins"), then=half_an_hour_later):
        answers = {"approve_plan": ("Approve", "as rehearsed"), "approve_cutover": ("Approve", "go")}
        with answering(**answers):
            assert stage.run("blue_green", {"migration": "trial"})["run"] == "success"
    story.chapter("It cuts over, and all is well")

    clock("A day later", datetime.now(UTC) + DAY + MINUTE)
    reason = "customers see orders of others"
    assert stage.run("rollback_blue_green", {"run": stage.latest().run_id, "reason": reason})["run"] == "success"
    story.chapter("It is taken back")
    clock("Two days later", datetime.now(UTC) + 2 * DAY + MINUTE)

    new = tmp_path / EXPECTED.name
    new.write_text(story.text())
    assert story.text() == EXPECTED.read_text(), f"if that is right, {new} takes the place of {EXPECTED}"


class when_asked:
    """Do something once, while a run waits for the answer to a question, and before anybody gives it."""

    def __init__(self, stage: PairStage, task: str, *, before: Callable[[], None], then: Callable[[], None]) -> None:
        self._stage, self._task, self._do = stage, task, (before, then)
        self._done = False

    def _look(self) -> None:
        run = self._stage.journal.latest_run("trial")
        asked = self._stage.journal.events(run.run_id, kind=ASKED) if run else []
        if not self._done and any((event.data or {}).get("task") == self._task for event in asked):
            self._done = True
            for each in self._do:
                each()

    def __enter__(self) -> None:
        dag_runs._answerers.append(self._look)

    def __exit__(self, *exc: object) -> None:
        dag_runs._answerers.remove(self._look)
        assert self._done, f"nobody was asked by {self._task}"
