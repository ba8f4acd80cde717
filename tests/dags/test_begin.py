"""The first task: what it refuses, it refuses before anything is touched, and says what would be right."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from cutover.operators.begin_finalize import BeginFinalizeOperator
from cutover.operators.begin_rollback import BeginRollbackOperator
from cutover.operators.begin_run import BeginRunOperator
from support.dag_runs import Stage

pytestmark = pytest.mark.dags
AT = datetime(2026, 11, 3, 2, 0, 5, tzinfo=UTC)


def context(conf: dict[str, Any] | None = None, *, run_id: str = "manual__1", **params: Any) -> Any:
    """The part of a task's context that a first task reads."""
    known = {"migration": None, "auto_approve": False, "note": None, "batch_rows": None, "workers": None}
    dag_run = SimpleNamespace(
        dag_id="online",
        run_id=run_id,
        conf=conf,
        run_after=AT,
        triggering_user_name="olga",
        run_type=SimpleNamespace(value="manual"),
    )
    return {"dag_run": dag_run, "dag": SimpleNamespace(params=known), "params": {**known, **params}}


def begin(stage: Stage, migration: str = "trial", **more: Any) -> str:
    operator = BeginRunOperator(task_id="begin", strategy="online", migration=migration, rehearsal=None)
    return str(operator.execute(context(**more)))


def test_a_run_is_named_after_its_migration_and_its_trigger(stage: Stage) -> None:
    stage.spec()
    assert begin(stage) == "trial.20261103T020005"
    run = stage.latest()
    assert (run.state, run.triggered_by, run.dag_id, run.dag_run_id) == ("preparing", "olga", "online", "manual__1")
    assert run.database == f"{stage.world.info.host}:{stage.world.info.port}/{stage.world.info.dbname}"


def test_a_retry_finds_the_run_that_it_began(stage: Stage) -> None:
    stage.spec()
    assert begin(stage) == begin(stage)
    assert len(stage.journal.runs()) == 1 and len(stage.journal.events(stage.latest().run_id, kind="link")) == 1


def test_two_triggers_in_one_second_are_not_one_run(stage: Stage) -> None:
    stage.spec()
    begin(stage)
    with pytest.raises(AirflowFailException, match="is taken"):
        begin(stage, run_id="manual__2")


def test_a_cleared_run_that_is_over_does_not_begin_again(stage: Stage) -> None:
    stage.spec()
    stage.journal.set_state(begin(stage), "rolled_back")
    with pytest.raises(AirflowFailException, match="already ended as rolled_back"):
        begin(stage)


def test_what_the_form_says_about_speed_is_in_force_from_the_start(stage: Stage) -> None:
    stage.spec()
    control = stage.journal.control(begin(stage, batch_rows=500, workers=1))
    assert (control.batch_rows, control.workers, control.pause_seconds, control.changed_by) == (500, 1, None, "olga")


def test_a_misspelt_key_is_not_ignored(stage: Stage) -> None:
    stage.spec()
    with pytest.raises(AirflowFailException, match=r"'auto_aprove'[\s\S]*did you mean 'auto_approve'"):
        begin(stage, conf={"migration": "trial", "auto_aprove": True})
    assert stage.journal.runs() == []


def test_an_unknown_migration_is_refused_with_the_near_one(stage: Stage) -> None:
    stage.spec()
    with pytest.raises(AirflowFailException, match="did you mean 'trial'"):
        begin(stage, "trail")


@pytest.mark.parametrize("name", ["../trial", "trial'; drop table x; --", "/etc/passwd", ""])
def test_a_name_that_is_none_is_refused(stage: Stage, name: str) -> None:
    stage.spec()
    with pytest.raises(AirflowFailException, match="is no name of a migration"):
        begin(stage, name)


def test_a_broken_spec_is_refused_with_file_and_line(stage: Stage) -> None:
    stage.spec(frobnicate=1)
    with pytest.raises(AirflowFailException, match=r"migration.yaml:\d+[\s\S]*frobnicate"):
        begin(stage)
    assert stage.journal.runs() == []


def test_a_migration_of_another_strategy_is_refused(stage: Stage) -> None:
    stage.spec()
    operator = BeginRunOperator(task_id="begin", strategy="blue_green", migration="trial", rehearsal=None)
    with pytest.raises(AirflowFailException, match="trigger the DAG 'online'"):
        operator.execute(context())


def test_a_source_that_is_not_defined_is_named(stage: Stage) -> None:
    stage.spec(source="nowhere")
    with pytest.raises(AirflowFailException, match="AIRFLOW_CONN_NOWHERE"):
        begin(stage)
    assert stage.journal.runs() == []


def test_a_rollback_marks_the_run_and_keeps_the_reason(stage: Stage) -> None:
    stage.spec()
    run_id = begin(stage)
    operator = BeginRollbackOperator(task_id="begin", strategy="online", run=run_id, reason="wrong column")
    assert operator.execute(context()) == run_id
    assert (stage.latest().state, stage.latest().reason) == ("rolling_back", "wrong column")


def test_the_first_reason_of_a_rollback_stands(stage: Stage) -> None:
    """A rollback by hand makes the running step fail, which triggers a rollback of its own."""
    stage.spec()
    run_id = begin(stage)
    for reason in ("wrong column", "backfill: stopped by an operator."):
        BeginRollbackOperator(task_id="begin", strategy="online", run=run_id, reason=reason).execute(context())
    assert stage.latest().reason == "wrong column"
    assert len(stage.journal.events(run_id, kind="message")) == 2


def test_a_rollback_of_a_run_that_was_rolled_back_does_no_harm(stage: Stage) -> None:
    stage.spec()
    run_id = begin(stage)
    stage.journal.set_state(run_id, "rolled_back", reason="first")
    BeginRollbackOperator(task_id="begin", strategy="online", run=run_id, reason="second").execute(context())
    assert (stage.latest().state, stage.latest().reason) == ("rolled_back", "first")


def test_a_finalized_run_has_no_way_back(stage: Stage) -> None:
    stage.spec()
    run_id = begin(stage)
    stage.journal.set_state(run_id, "finalized")
    operator = BeginRollbackOperator(task_id="begin", strategy="online", run=run_id, reason=None)
    with pytest.raises(AirflowFailException, match="no way back"):
        operator.execute(context())
    assert stage.latest().state == "finalized"


def test_a_rollback_by_the_wrong_dag_is_refused(stage: Stage) -> None:
    stage.spec()
    operator = BeginRollbackOperator(task_id="begin", strategy="blue_green", run=begin(stage), reason=None)
    with pytest.raises(AirflowFailException, match="trigger the DAG rollback_online"):
        operator.execute(context())


def test_only_what_was_cut_over_can_be_finalized(stage: Stage) -> None:
    stage.spec()
    operator = BeginFinalizeOperator(task_id="begin", run=begin(stage), early=True)
    with pytest.raises(AirflowFailException, match="only a run that was cut over"):
        operator.execute(context())


def test_an_open_window_is_not_closed_by_accident(stage: Stage) -> None:
    from datetime import timedelta

    stage.spec()
    run_id = begin(stage)
    stage.journal.mark_swapped(run_id, timedelta(hours=1))
    stage.journal.set_state(run_id, "window")
    with pytest.raises(AirflowFailException, match="`early`"):
        BeginFinalizeOperator(task_id="begin", run=run_id, early=False).execute(context())
    assert stage.latest().state == "window"
    assert BeginFinalizeOperator(task_id="begin", run=run_id, early=True).execute(context()) == run_id
    assert stage.latest().state == "window", "it is closed by what comes after the question"
