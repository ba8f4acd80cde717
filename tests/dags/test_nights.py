"""A night from the outside: what it chooses, what it clears first, and what is said in the morning."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from cutover.connections import ConnectionInfo
from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.rehearsal.nights import DAG, STRATEGY
from cutover.rehearsal.settling import settle
from cutover.spec.loader import load
from localstack.slack_recorder import recording
from localstack.slack_state import SlackState
from support.connections import Connections
from support.dag_runs import no_naps
from support.slack_bot import slack_bot

pytestmark = pytest.mark.dags
SPEC = {"title": "Leads", "strategy": "online", "owner": "tests", "source": "shop"}
TABLES = [{"name": "leads", "columns": {"a": "1"}}]
# Another process has to run the rehearsals: here they are marked as done.
ELSEWHERE = "^rehearse$"


class Nights:
    """Specs, a journal, staging, and the DAG."""

    def __init__(self, folder: Path, journal: Journal, load_dag: Callable[[str], Any], staging: ConnectionInfo) -> None:
        self.folder, self.journal, self.load, self.staging = folder, journal, load_dag, staging

    def spec(self, name: str, **more: Any) -> None:
        (self.folder / name).mkdir()
        text = yaml.safe_dump({"name": name, **SPEC, "tables": TABLES, **more})
        (self.folder / name / "migration.yaml").write_text(text)

    def ran(self, name: str, state: str, **more: Any) -> Run:
        """Let a migration have a run in that state."""
        run = self.journal.begin_run(
            f"{name}.1", migration=name, strategy="online", database=name, title=name, spec={}, **more
        )
        return self.journal.set_state(run.run_id, state)

    def night(self, **conf: Any) -> dict[str, str]:
        """Have a night; return the states of its tasks."""
        with no_naps():
            ended = self.load(DAG).test(run_conf=conf, mark_success_pattern=ELSEWHERE)
        return {"run": str(ended.state), **{f"{ti.task_id}": str(ti.state) for ti in ended.get_task_instances()}}

    def latest(self) -> Run:
        return self.journal.runs(strategy=STRATEGY, limit=1)[0]

    def verdicts(self) -> dict[str, tuple[str | None, list[str]]]:
        found = self.journal.rehearsals(night=self.latest().run_id)
        return {one.migration: (one.verdict, one.reasons) for one in found}


@pytest.fixture
def nights(
    tmp_path: Path,
    journal: Journal,
    database: ConnectionInfo,
    make_connection: Connections,
    load_dag: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Nights:
    monkeypatch.setenv("CUTOVER_MIGRATIONS", str(tmp_path))
    make_connection("cutover_journal", journal.info)
    make_connection("shop_staging", database)
    return Nights(tmp_path, journal, load_dag, database)


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackState]:
    with slack_bot(monkeypatch, channel="#nights") as (state, _):
        yield state


def test_what_is_planned_and_not_done_is_rehearsed_and_the_rest_is_told(nights: Nights) -> None:
    for name in ("planned", "taken_back", "live", "done", "busy"):
        nights.spec(name)
    nights.spec("skipped", rehearse={"skip": "needs a tape robot"})
    nights.spec("broken", surprise=1)
    nights.ran("taken_back", "rolled_back")
    nights.ran("live", "window")
    nights.ran("done", "finalized")
    busy = nights.ran("busy", "filling")
    nights.journal.begin_run(
        "planned.2", migration="planned", strategy="online", database="y", title="p", spec={}, dry_run=True
    )
    states = nights.night()
    assert states["run"] == "success" and states["report"] == "success"
    found = nights.verdicts()
    assert set(found) == {"planned", "taken_back", "skipped", "broken", "busy"}
    never = ("not_rehearsed", ["it never began: look at the run of the DAG rehearse"])
    assert found["planned"] == found["taken_back"] == never, "here nobody has run them"
    assert found["skipped"] == ("not_rehearsed", ["its spec says so: needs a tape robot"])
    assert found["busy"] == ("not_rehearsed", [f"it is being carried out: run {busy.run_id}"])
    assert found["broken"][0] == "no_go" and "its spec cannot be used" in found["broken"][1][0]
    night = nights.latest()
    assert (night.state, night.reason) == ("finalized", "1 no-go, 4 not rehearsed")
    assert "## planned (`planned`): not rehearsed" in nights.journal.document(night.run_id, "report.md").text
    assert len(json.loads(nights.journal.document(night.run_id, "report.json").body)) == 5


def test_in_slack_it_is_one_message_with_an_answer_for_each(nights: Nights, slack: SlackState) -> None:
    nights.spec("one", rehearse={"skip": "why not"})
    nights.spec("two", surprise=1)
    nights.night(channel="#chosen")
    first, *answers = slack.messages
    assert first["channel"] == "#chosen" and "thread_ts" not in {k for k, v in first.items() if v}
    assert "Nightly dry run: 1 no-go, 1 not rehearsed" in first["text"]
    assert [answer["thread_ts"] for answer in answers] == [first["ts"]] * 2
    assert "why not" in answers[0]["text"] and "(`two`): *no-go*" in answers[1]["text"]


def test_reporting_again_says_nothing_twice(nights: Nights, slack: SlackState) -> None:
    """As after a worker that died once everything was sent."""
    nights.spec("one", rehearse={"skip": "why not"})
    nights.night()
    before = list(slack.messages)
    report = nights.load(DAG).get_task("report")
    report.night, report.planned = nights.latest().run_id, []
    report.execute({"ti": type("Attempt", (), {"try_number": 2})()})
    after = [message for message in slack.messages if message["method"] != "chat.update"]
    assert after == before and len(before) == 2


def test_by_a_webhook_it_is_one_message_that_says_it_all(nights: Nights, monkeypatch: pytest.MonkeyPatch) -> None:
    nights.spec("one", rehearse={"skip": "why not"})
    with recording() as (state, url):
        fields = {"conn_type": "slackwebhook", "password": f"{url}/services/T/B/X"}
        monkeypatch.setenv("AIRFLOW_CONN_CUTOVER_SLACK", json.dumps(fields))
        nights.night()
    (message,) = state.messages
    assert "Nightly dry run: 1 not rehearsed" in message["text"] and "why not" in message["text"]


def test_slack_that_is_away_is_tried_again_and_does_not_make_the_night_red(
    nights: Nights, slack: SlackState, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowException

    nights.spec("one", rehearse={"skip": "why not"})
    fields = json.loads(os.environ["AIRFLOW_CONN_CUTOVER_SLACK"])
    away = {**fields, "extra": {**fields["extra"], "base_url": "http://127.0.0.1:9/api/"}}
    monkeypatch.setenv("AIRFLOW_CONN_CUTOVER_SLACK", json.dumps(away))
    report = nights.load(DAG).get_task("report")
    begin = nights.load(DAG)
    begin.get_task("report").retries = 0
    with no_naps():
        ended = begin.test(mark_success_pattern=ELSEWHERE)
    assert str(ended.state) == "success" and nights.latest().state == "finalized"
    assert slack.messages == []
    report.night, report.planned = nights.latest().run_id, []
    with pytest.raises(AirflowException, match="tried again later"):
        report.execute({"ti": type("Attempt", (), {"try_number": 1})()})
    monkeypatch.setenv("AIRFLOW_CONN_CUTOVER_SLACK", json.dumps(fields))
    report.execute({"ti": type("Attempt", (), {"try_number": 2})()})
    assert len(slack.messages) == 2


def test_what_a_night_that_was_killed_has_left_is_cleared_by_the_next(
    nights: Nights, slack: SlackState, database: ConnectionInfo
) -> None:
    from cutover.postgres.task import Work
    from cutover.rehearsal.cloning import make

    nights.spec("one")
    old = nights.journal.begin_run(
        "nightly_dry_run.old", migration=DAG, strategy=STRATEGY, database=DAG, title="x", spec={}, dry_run=True
    )
    spec = load(nights.folder / "one")
    known = {"shop_staging": replace(database, conn_id="shop_staging"), "shop": replace(database, dbname="production")}
    places = settle("one.rehearsal.old", spec, known.__getitem__)
    nights.journal.begin_rehearsal(
        "one.rehearsal.old",
        migration="one",
        strategy="online",
        title="Leads",
        spec=spec.snapshot(),
        places={conn_id: place.as_dict() for conn_id, place in places.items()},
        night=old.run_id,
        dag_run_id="a run that is gone",
    )
    make(Work("test"), spec, places, known.__getitem__)
    copy = str(places["shop"].dbname)
    nights.journal.hold("one.rehearsal.old", ["a place"])

    nights.night()

    assert nights.journal.get_run(old.run_id).state == "aborted"
    assert nights.journal.rehearsal("one.rehearsal.old").cleared_at is not None
    with pytest.raises(Exception, match=copy):
        from cutover.postgres.connect import connect

        connect(replace(database, dbname=copy)).close()
    assert "left behind" not in slack.messages[0]["text"]


def test_what_cannot_be_cleared_is_said_in_the_message(nights: Nights, slack: SlackState) -> None:
    nights.spec("one", rehearse={"skip": "why not"})
    places = {"shop": {"conn_id": "gone_staging", "dbname": "a_copy", "template": None, "led": None}}
    spec = load(nights.folder / "one").snapshot()
    nights.journal.begin_rehearsal(
        "one.rehearsal.old", migration="one", strategy="online", title="x", spec=spec, places=places, dag_run_id="gone"
    )
    assert nights.night()["run"] == "success", "a night goes on all the same"
    assert "*left behind:*" in slack.messages[0]["text"] and "gone_staging" in slack.messages[0]["text"]
    assert nights.journal.rehearsal("one.rehearsal.old").cleared_at is None
