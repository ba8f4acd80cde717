"""The DAGs that run by the clock: open windows are kept in step, closed when due, and nobody's run is forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from support.connections import Connections
from support.dag_runs import Stage
from support.triggering import store, triggered

pytestmark = pytest.mark.dags


@pytest.fixture(autouse=True)
def stored(load_dag: Any) -> None:
    """The DAGs that others trigger have to be known to Airflow."""
    store(load_dag, ("rollback_online", "rollback_blue_green", "finalize"))


def test_the_old_side_follows_while_the_window_is_open(stage: Stage) -> None:
    from cutover.postgres import online

    ctx = stage.swapped()
    stage.world.sql("update orders set remark = 'later' where id <= 100")
    assert online.status(ctx)["tables"][0]["pending"] == 100
    assert stage.run("keep_in_step", {})["keep_in_step"] == "success"
    assert online.status(ctx)["tables"][0]["pending"] == 0


def test_without_open_windows_it_does_nothing(stage: Stage) -> None:
    states = stage.run("keep_in_step", {})
    assert states["run"] == "success" and states["roll_back"] == "skipped"


def test_a_database_that_is_away_is_named_and_keeps_no_other_waiting(
    stage: Stage, make_connection: Connections
) -> None:
    from cutover.postgres import online

    ctx = stage.swapped()
    stage.spec(name="away", source="elsewhere")
    away = stage.begin("away.1", migration="away")
    stage.journal.set_state(away.run_id, "window")
    stage.world.sql("update orders set remark = 'later' where id <= 100")
    states = stage.run("keep_in_step", {})
    assert states["keep_in_step"] == "failed"
    assert online.status(ctx)["tables"][0]["pending"] == 0


def test_a_run_whose_dag_run_was_ended_by_hand_is_taken_back(stage: Stage) -> None:
    """The same as *Mark run as failed*: the DAG run is over, the run is not, and no task is left to see to it."""
    stage.spec()
    assert stage.run("online", {"migration": "trial", "fail_at": "build_shadow"})["run"] == "failed"
    assert stage.latest().state == "building"
    states = stage.run("keep_in_step", {})
    assert states["roll_back"] == "success"
    (conf,) = triggered("rollback_online")
    assert conf["run"] == stage.latest().run_id and "was ended as failed while the run was building" in conf["reason"]


def test_a_workers_way_of_telling_a_state_is_understood(stage: Stage) -> None:
    """Workers get an enumeration of the execution API, whose str() is not its value."""
    from airflow.sdk.api.datamodels._generated import DagRunState

    from cutover.operators.find_abandoned import FindAbandonedOperator

    class Told:
        def get_dagrun_state(self, dag_id: str, run_id: str) -> DagRunState:
            return {"over": DagRunState.FAILED, "on": DagRunState.RUNNING}[run_id]

    stage.spec()
    for name in ("over", "on"):
        stage.begin(f"{name}.1", dag_id="online", dag_run_id=name)
    found = FindAbandonedOperator(task_id="find").execute({"ti": Told()})
    assert [(one["trigger_dag_id"], one["conf"]["run"]) for one in found] == [("rollback_online", "over.1")]


def test_a_run_that_goes_back_only_by_hand_is_left_alone(stage: Stage) -> None:
    stage.spec(rollback={"automatic": False})
    assert stage.run("online", {"migration": "trial", "fail_at": "build_shadow"})["run"] == "failed"
    assert stage.run("keep_in_step", {})["roll_back"] == "skipped"
    assert triggered("rollback_online") == []


def test_a_run_that_is_being_rolled_back_is_left_alone(stage: Stage) -> None:
    stage.spec()
    stage.run("online", {"migration": "trial", "fail_at": "build_shadow"})
    stage.journal.set_state(stage.latest().run_id, "rolling_back")
    assert stage.run("keep_in_step", {})["roll_back"] == "skipped"


def test_a_run_that_waits_and_endangers_a_disk_is_taken_back(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody has answered, and the slot keeps more than it may: the disk comes first."""
    from cutover.operators.keep_in_step import KeepInStepOperator
    from cutover.postgres.blue_green.guard_wal import SlotKeepsTooMuch

    stage.spec()
    for name, state in (("asked.1", "verifying"), ("live.1", "window")):
        stage.begin(name)
        stage.journal.set_state(name, state)
    stage.journal.event("asked.1", "approval_asked", "Cut over now?")
    keeper = KeepInStepOperator(task_id="keep")
    for name in ("asked.1", "live.1"):
        keeper._warn(stage.journal.get_run(name), SlotKeepsTooMuch("slot x on blue keeps 70 MB."))
        keeper._warn(stage.journal.get_run(name), SlotKeepsTooMuch("slot x on blue keeps 80 MB."))
    assert stage.run("keep_in_step", {})["roll_back"] == "success"
    (conf,) = triggered("rollback_online")
    assert conf == {"run": "asked.1", "reason": "[BGR040] slot x on blue keeps 70 MB."}, "once, and no run that is live"


def test_windows_that_have_ended_are_finalized(stage: Stage) -> None:
    stage.spec()
    for name, window in (("due.1", timedelta(0)), ("open.1", timedelta(hours=1))):
        stage.begin(name)
        stage.journal.mark_swapped(name, window)
        stage.journal.set_state(name, "window")
    assert stage.run("finalize_due", {})["run"] == "success"
    assert triggered("finalize") == [{"run": "due.1"}]


def test_nothing_is_due(stage: Stage) -> None:
    assert stage.run("finalize_due", {})["finalize"] == "skipped"
