"""The sensor hands the waiting over and takes the answer back."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, TaskDeferred

from cutover.operators.withdrawal import RunWithdrawn
from cutover.sensors.pair_lag import STEP, PairLagSensor
from support.pair_runs import PairStage

pytestmark = pytest.mark.dags


@pytest.fixture
def run_id(pair_stage: PairStage) -> str:
    folder = pair_stage.spec(cutover={"approval": "auto", "max_lag": "1500ms"})
    return pair_stage.pair.begin(folder).run_id


def sensor(run_id: str, **more: Any) -> PairLagSensor:
    return PairLagSensor(task_id=STEP, run_id=run_id, **more)


def test_it_defers_with_the_limit_of_the_migration(pair_stage: PairStage, run_id: str) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        sensor(run_id).execute({})
    path, arguments = deferred.value.trigger.serialize()
    assert path == "cutover.triggers.pair_lag.PairLagTrigger"
    assert arguments["max_lag_seconds"] == 1.5 and arguments["conn_ids"] == ["shop", "shop_green"]
    assert deferred.value.method_name == "execute_complete"
    assert deferred.value.timeout is not None and deferred.value.timeout.total_seconds() == 24 * 3600
    assert pair_stage.journal.get_run(run_id).state == "catching_up"


def test_the_limit_can_be_given(run_id: str) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        sensor(run_id, max_lag_seconds="0.25", stable_checks=7).execute({})
    _, arguments = deferred.value.trigger.serialize()
    assert (arguments["max_lag_seconds"], arguments["stable_checks"]) == (0.25, 7)


def test_a_good_answer_is_a_step_of_the_run(pair_stage: PairStage, run_id: str) -> None:
    event = {"status": "ok", "looks": 4, "worst_seconds": 0.2, "worst_bytes": 10, "last": {"seconds": 0.01}}
    assert sensor(run_id).execute_complete({}, event) == event
    (step,) = pair_stage.journal.steps(run_id)
    assert (step.name, step.state, step.detail["looks"]) == (STEP, "done", 4)


def test_what_is_in_vain_fails_at_once_and_is_the_reason(pair_stage: PairStage, run_id: str) -> None:
    event = {"status": "error", "message": "the slot keeps too much", "fix": "roll the run back."}
    with pytest.raises(AirflowFailException, match="the slot keeps too much"):
        sensor(run_id).execute_complete({}, event)
    (step,) = pair_stage.journal.steps(run_id)
    assert step.state == "failed" and "the slot keeps too much" in (step.error or "")


def test_a_side_that_was_away_is_tried_again(run_id: str) -> None:
    with pytest.raises(AirflowException, match="cannot be reached") as told:
        sensor(run_id).execute_complete({}, {"status": "error", "message": "a side cannot be reached: x"})
    assert not isinstance(told.value, AirflowFailException)


def test_a_run_that_is_going_back_is_not_waited_for(pair_stage: PairStage, run_id: str) -> None:
    pair_stage.journal.set_state(run_id, "rolling_back")
    with pytest.raises((RunWithdrawn, AirflowFailException), match="rolling back"):
        sensor(run_id).execute({})
