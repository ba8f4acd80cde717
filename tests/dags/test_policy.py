"""What holds for every DAG: it parses quickly, explains itself, and survives being stored."""

from __future__ import annotations

import time
from typing import Any

import pytest

from support.dag_runs import DAGS

FILES = sorted(path.stem for path in DAGS.glob("*.py"))
TAGS = {"cutover", "strategy", "rollback", "finalize", "backup", "health", "messages", "rehearsal", "approval"}
pytestmark = pytest.mark.dags


@pytest.fixture(params=FILES)
def dag(request: pytest.FixtureRequest, load_dag: Any) -> Any:
    return load_dag(request.param)


def test_a_file_is_one_dag_of_its_name(metadata_db: None) -> None:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(DAGS))
    assert bag.import_errors == {}
    assert sorted(bag.dags) == FILES


def test_it_reads_like_a_runbook(dag: Any) -> None:
    assert dag.doc_md and dag.doc_md.strip().startswith("## ")
    assert dag.description and dag.dag_display_name != dag.dag_id
    assert dag.owner == "cutover"


def test_only_known_tags(dag: Any) -> None:
    assert "cutover" in dag.tags and set(dag.tags) <= TAGS


def test_it_is_ready_to_run(dag: Any) -> None:
    """A DAG that is paused when it is new would queue what somebody needs at 3 a.m."""
    assert dag.is_paused_upon_creation is False
    assert dag.catchup is False


def test_it_survives_being_stored(dag: Any) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    stored = DagSerialization.serialize_dag(dag)
    again = DagSerialization.deserialize_dag(stored)
    assert sorted(again.task_dict) == sorted(dag.task_dict)


def test_storing_it_twice_gives_one_version(dag: Any, load_dag: Any) -> None:
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.serialization.serialized_objects import DagSerialization

    hashes = {SerializedDagModel.hash(DagSerialization.to_dict(d)) for d in (dag, load_dag(dag.dag_id))}
    assert len(hashes) == 1


def test_it_parses_in_well_under_a_second(dag: Any, load_dag: Any) -> None:
    def once() -> float:
        began = time.perf_counter()
        load_dag(dag.dag_id)
        return time.perf_counter() - began

    assert min(once() for _ in range(3)) < 1.0


def test_no_two_dags_share_a_field_of_their_forms(load_dag: Any) -> None:
    """A Param keeps what was chosen for a run: in one process, ``auto_approve`` of one would answer for the other."""
    fields = [dag.params.get_param(name) for dag in map(load_dag, FILES) for name in dag.params]
    assert len(fields) > 10 and len({id(field) for field in fields}) == len(fields)


def test_a_strategy_has_one_leaf_which_always_runs(load_dag: Any) -> None:
    """Several leaves, or one that is skipped, would let a run that was taken back end green."""
    for dag in map(load_dag, FILES):
        if "strategy" in dag.tags:
            (leaf,) = dag.leaves
            assert leaf.task_id == "outcome" and leaf.trigger_rule == "all_done"


def test_every_step_stops_when_its_task_is_marked_failed(load_dag: Any) -> None:
    from cutover.operators.base import CutoverOperator

    steps = [task for dag in map(load_dag, FILES) for task in dag.tasks if isinstance(task, CutoverOperator)]
    assert len(steps) > 10
    for step in steps:
        assert type(step).on_kill is CutoverOperator.on_kill
        assert step.execution_timeout is None


@pytest.mark.parametrize("strategy", ["online", "blue_green"])
def test_the_steps_that_can_fail_on_purpose_are_the_steps_there_are(load_dag: Any, strategy: str) -> None:
    from cutover.operators.base import CutoverOperator

    dag = load_dag(strategy)
    offered = [step for step in dag.params.get_param("fail_at").schema["enum"] if step]
    assert offered == [task.step for task in dag.topological_sort() if isinstance(task, CutoverOperator)]


@pytest.mark.parametrize(("strategy", "back"), [("online", "swap_back"), ("blue_green", "go_back")])
def test_the_rollback_waits_for_no_worker_and_never_queues_unseen(load_dag: Any, strategy: str, back: str) -> None:
    dag = load_dag(strategy)
    for task_id in ("call_off", back):
        task = dag.get_task(task_id)
        assert task.trigger_dag_id == f"rollback_{strategy}"
        assert task.wait_for_completion and task.deferrable and task.fail_when_dag_is_paused and task.reset_dag_run


def test_no_clock_cuts_over_between_two_databases(load_dag: Any) -> None:
    """Whoever does not answer is asked again: neither a cutover nor hours of copying are decided by a timeout."""
    gate = load_dag("blue_green").get_task("approve_cutover")
    assert gate.options == ["Approve", "Postpone", "Reject"] and gate.defaults == ["Postpone"]


def test_every_strategy_with_an_engine_has_its_dags(load_dag: Any) -> None:
    from cutover import strategies

    for name in strategies.NAMES:
        assert "strategy" in load_dag(name).tags and "rollback" in load_dag(f"rollback_{name}").tags
        assert (
            load_dag(name).get_task("begin").strategy == load_dag(f"rollback_{name}").get_task("begin").strategy == name
        )
