"""The DAG `announcements`: by Airflow's connections, green whatever Slack does, and once however often it is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cutover import points
from cutover.notifications.channels import channel_of
from cutover.notifications.slack import SlackChannel
from cutover.notifications.webhook import WebhookChannel
from cutover.spec.announcing import Audience
from localstack.places import ROOT
from localstack.slack_state import SlackState, channel_id_of
from support.announcing import grow_stale, said
from support.dag_runs import Stage
from support.dying import KILLED

pytestmark = pytest.mark.dags

# By its id, as Slack tells it to those who look: what may be out can be looked for there from the beginning.
DEV = channel_id_of("#dev")
AUDIENCES = {"developers": {"channel": DEV}, "end_users": {"channel": "#users", "service": "the shop"}}


def connect(monkeypatch: pytest.MonkeyPatch, conn_id: str, **fields: Any) -> None:
    values = {"conn_type": "slack", "password": "xoxb-made-up", **fields}
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(values))


def announce(stage: Stage, audiences: dict[str, Any] = AUDIENCES) -> None:
    begins = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=20)
    stage.spec(announce={"window_start": begins.isoformat(), "audiences": audiences})


def test_a_reminder_goes_out_once(stage: Stage, slack: SlackState) -> None:
    announce(stage)
    for _ in range(2):
        assert stage.run("announcements", {})["run"] == "success"
    assert said(slack) == ["A trial: in 20 hours", "Planned work on the shop, in 20 hours"]


@pytest.mark.slow
def test_a_dag_run_that_is_killed_in_the_middle_leaves_nothing_behind_and_nothing_comes_twice(
    stage: Stage, slack: SlackState
) -> None:
    """Slack has the message, and nobody has noted it; test_announcements_delivery has the other points."""
    announce(stage)
    path = os.pathsep.join(str(ROOT / name) for name in ("plugins", "bin", "tests"))
    environment = {**os.environ, "PYTHONPATH": path, points.VARIABLE: "announcement.posted"}
    command = [sys.executable, "-m", "support.announcing_dag_child"]
    died = subprocess.run(command, env=environment, timeout=280, check=False, capture_output=True, text=True)
    assert died.returncode == KILLED, died.stderr[-2000:]
    grow_stale(stage.journal)
    assert stage.run("announcements", {})["run"] == "success"
    assert said(slack, DEV) == ["A trial: in 20 hours"] and len(said(slack, "#users")) == 1
    assert all(not each.uncertain for each in stage.journal.announcements("trial"))


def test_it_stays_green_while_slack_is_down_and_makes_up_for_it(
    stage: Stage, slack: SlackState, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    announce(stage)
    with monkeypatch.context() as down:
        connect(down, "cutover_slack", extra={"base_url": "http://127.0.0.1:1/api/"})
        assert stage.run("announcements", {})["run"] == "success"
    assert "could not be reached" in caplog.text and said(slack) == []
    assert stage.run("announcements", {})["run"] == "success"
    assert len(said(slack)) == 2


def test_a_spec_with_errors_is_not_called_off(stage: Stage, slack: SlackState) -> None:
    announce(stage)
    assert stage.run("announcements", {})["run"] == "success"
    (stage.world.folder / "trial" / "migration.yaml").write_text("name: trial\n")
    assert stage.run("announcements", {})["run"] == "success"
    assert len(said(slack)) == 2


def test_where_an_audience_listens(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    assert channel_of(Audience(channel="#ops")) is None, "no connection, no announcement"
    connect(monkeypatch, "cutover_slack")
    connect(monkeypatch, "elsewhere")
    for audience in (Audience(channel="#ops"), Audience(channel="#ops", connection="elsewhere")):
        found = channel_of(audience)
        assert isinstance(found, SlackChannel) and found.name == "#ops"
    connect(monkeypatch, "status", conn_type="slackwebhook", password="https://hooks.slack.com/services/T/B/X")
    assert isinstance(channel_of(Audience(connection="status", service="it")), WebhookChannel)
    assert channel_of(Audience(connection="nowhere")) is None


def test_a_common_webhook_does_not_speak_to_an_audience_in_anothers_channel(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    connect(monkeypatch, "cutover_slack", conn_type="slackwebhook", password="https://hooks.slack.com/services/T/B/X")
    assert channel_of(Audience(channel="#users", service="it")) is None
    assert "leads to its own channel only" in caplog.text and "/T/B/X" not in caplog.text
