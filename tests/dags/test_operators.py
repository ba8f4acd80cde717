"""What every step owes the operator: it stops when told to, says what is wrong, and never burns retries in vain."""

from __future__ import annotations

import dataclasses
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from airflow.sdk.exceptions import AirflowFailException

from cutover.context import RunContext
from cutover.errors import Cancelled, ConnectionRefused, CutoverError
from cutover.journal.records import Run
from cutover.operators.base import CutoverOperator
from cutover.operators.decide import reason
from cutover.operators.explain import explained
from cutover.operators.runbook import RunbookLink
from support.connections import Connections
from support.dag_runs import Stage

pytestmark = pytest.mark.dags
AT = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)


class Sleeper(CutoverOperator):
    """A step whose statement would run for a minute."""

    step = "sleep"
    state = "filling"

    def work(self, ctx: RunContext, context: Any) -> dict[str, Any]:
        with ctx.source("sleep") as db:
            db.execute("select pg_sleep(60)")
        return {}


class ThreadedSleeper(Sleeper):
    """The same in a worker thread, as the backfill does it."""

    def work(self, ctx: RunContext, context: Any) -> dict[str, Any]:
        caught: list[BaseException] = []

        def run() -> None:
            try:
                super(ThreadedSleeper, self).work(ctx, context)
            except BaseException as error:
                caught.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        raise caught[0]


@pytest.fixture
def run(stage: Stage) -> Run:
    stage.spec()
    return stage.begin()


def step(kind: type[CutoverOperator], run: Run) -> CutoverOperator:
    return kind(task_id=kind.step, run_id=run.run_id, fail_at=None)


def sleeping(stage: Stage) -> bool:
    return bool(
        stage.world.one("select count(*) from pg_stat_activity where state = 'active' and query ~ '^select pg_sleep'")
    )


def once_it_sleeps(stage: Stage, then: Callable[[], object]) -> threading.Thread:
    """Call ``then`` from another thread as soon as the step's statement runs on the server."""

    def wait() -> None:
        give_up = time.monotonic() + 20
        while not sleeping(stage) and time.monotonic() < give_up:
            time.sleep(0.02)
        then()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


@pytest.fixture
def terminable() -> Iterator[Callable[[CutoverOperator], None]]:
    """Do with SIGTERM what Airflow's task runner does: call ``on_kill`` in the main thread, and go on."""
    before = signal.getsignal(signal.SIGTERM)
    yield lambda operator: signal.signal(signal.SIGTERM, lambda *_: operator.on_kill()) and None  # type: ignore[func-returns-value]
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("kind", [Sleeper, ThreadedSleeper])
def test_marking_a_task_failed_ends_its_statement_within_a_second(
    stage: Stage, run: Run, terminable: Callable[[CutoverOperator], None], kind: type[CutoverOperator]
) -> None:
    operator = step(kind, run)
    terminable(operator)
    sent: list[float] = []

    def terminate() -> None:
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGTERM)

    thread = once_it_sleeps(stage, terminate)
    with pytest.raises(Cancelled):
        operator.execute({})
    assert time.monotonic() - sent[0] < 1.0 and not sleeping(stage)
    thread.join()
    last = stage.journal.steps(run.run_id)[-1]
    assert (last.name, last.state) == ("sleep", "cancelled")


def test_a_rollback_by_hand_stops_the_step_that_runs(stage: Stage, run: Run) -> None:
    thread = once_it_sleeps(stage, lambda: stage.journal.set_state(run.run_id, "rolling_back", reason="wrong column"))
    with pytest.raises(AirflowFailException, match=r"was stopped: run .* is rolling back \(wrong column\)"):
        step(Sleeper, run).execute({})
    thread.join()
    assert not sleeping(stage)


@pytest.mark.parametrize("state", ["rolling_back", "rolled_back", "failed", "finalized"])
def test_no_step_begins_once_the_run_is_going_back_or_over(stage: Stage, run: Run, state: str) -> None:
    stage.journal.set_state(run.run_id, state)
    with pytest.raises(AirflowFailException, match="goes no further"):
        step(Sleeper, run).execute({})
    assert stage.journal.steps(run.run_id) == []


def test_a_task_without_a_run_says_so(stage: Stage) -> None:
    with pytest.raises(AirflowFailException, match="given no run"):
        Sleeper(task_id="sleep", run_id=None, fail_at=None).execute({})  # type: ignore[arg-type]


def test_an_unknown_run_names_the_latest_ones(stage: Stage, run: Run) -> None:
    with pytest.raises(AirflowFailException, match=run.run_id.replace(".", r"\.")):
        Sleeper(task_id="sleep", run_id=f"{run.run_id}x", fail_at=None).execute({})


def test_a_wrong_password_burns_no_retries(stage: Stage, run: Run, make_connection: Connections) -> None:
    make_connection("shop", dataclasses.replace(stage.world.info, password="wrong-and-secret"))
    with pytest.raises(AirflowFailException, match="password authentication failed") as caught:
        step(Sleeper, run).execute({})
    assert "wrong-and-secret" not in str(caught.value) and "To mend it: check host, port, login" in str(caught.value)


def test_a_server_that_is_away_is_tried_again(stage: Stage, run: Run, make_connection: Connections) -> None:
    make_connection("shop", dataclasses.replace(stage.world.info, port=1))
    with pytest.raises(ConnectionRefused):
        step(Sleeper, run).execute({})


def test_a_missing_connection_is_named(stage: Stage, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_SHOP")
    with pytest.raises(AirflowFailException, match=r"'shop' is not defined[\s\S]*AIRFLOW_CONN_SHOP"):
        step(Sleeper, run).execute({})


def test_a_connection_for_something_else_is_refused(stage: Stage, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", '{"conn_type": "mysql", "host": "x"}')
    with pytest.raises(AirflowFailException, match="is of type 'mysql', not postgres"):
        step(Sleeper, run).execute({})


def fail(error: Exception) -> None:
    with explained():
        raise error


def test_wrong_input_fails_at_once_with_what_mends_it() -> None:
    with pytest.raises(AirflowFailException, match="To mend it: add a key"):
        fail(CutoverError("no key", fix="add a key"))


def test_the_servers_no_fails_at_once_with_its_hint(stage: Stage) -> None:
    with pytest.raises(AirflowFailException, match="does not exist"), explained(), stage.world.connect() as db:
        db.execute("select * from nowhere")


@pytest.mark.parametrize("error", [psycopg.OperationalError("server closed the connection"), Cancelled("stopped")])
def test_what_may_pass_is_left_to_airflows_retries(error: Exception) -> None:
    with pytest.raises(type(error)):
        fail(error)


def test_locks_not_had_are_left_to_airflows_retries() -> None:
    from cutover.postgres.online.guard import Busy
    from cutover.postgres.online.locks import LockNotHad

    for kind in (Busy, LockNotHad):
        with pytest.raises(kind):
            fail(kind("in use"))


def test_no_answer_in_time_is_a_no_and_nobodys(stage: Stage, run: Run) -> None:
    """What the scheduler hands over when the time is up: the default, by nobody."""
    from cutover.operators.approval import ApprovalOperator

    question = ApprovalOperator(task_id="approve_cutover", subject="Cut over now?", run_id=run.run_id)
    assert question.defaults == ["Reject"] and question.retries == 0
    timed_out = {"chosen_options": ["Reject"], "params_input": {}, "responded_at": AT, "responded_by_user": None}
    ti = SimpleNamespace(dag_id="online", run_id="manual__1", task_id="approve_cutover", map_index=-1)
    context: Any = {"ti": ti, "dag_run": SimpleNamespace(triggering_user_name="olga")}
    with pytest.raises(AirflowFailException, match=r"Cut over now\? No, by nobody in time"):
        question.execute_complete(context, timed_out)
    (answer,) = stage.journal.events(run.run_id, kind="approval")
    assert answer.data and answer.actor is None and answer.data["timed_out"]
    assert (answer.data["task"], answer.data["approved"]) == ("approve_cutover", False)


def test_a_reason_knows_of_workers_that_died(stage: Stage, run: Run) -> None:
    with pytest.raises(KeyboardInterrupt), stage.journal.step(run.run_id, "backfill"):
        raise KeyboardInterrupt
    assert reason(stage.journal, run, "backfill") == "backfill: stopped by an operator."
    with pytest.raises(ValueError, match="why"), stage.journal.step(run.run_id, "verify"):
        raise ValueError("why\nin detail")
    assert reason(stage.journal, run, "verify") == "verify: why"
    died = stage.journal.step(run.run_id, "swap")
    died.__enter__()  # and never left: its worker is gone
    assert "its worker ended without a word" in reason(stage.journal, run, "swap")
    assert "failed before its step began" in reason(stage.journal, run, "settle")


def test_a_step_fails_on_purpose_after_its_work(stage: Stage, run: Run) -> None:
    class Worker(CutoverOperator):
        step = "backfill"

        def work(self, ctx: RunContext, context: Any) -> dict[str, Any]:
            stage.world.sql("create table trace ()")
            return {"rows": 1}

    with pytest.raises(AirflowFailException, match="failed on purpose"):
        Worker(task_id="x", run_id=run.run_id, fail_at="backfill").execute({})
    assert stage.world.one("select to_regclass('trace') is not null")
    assert stage.journal.steps(run.run_id)[-1].detail == {"rows": 1}


def test_every_step_links_to_its_runs_runbook(load_dag: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://air.example/flow/")
    key: Any = None
    begun, before = SimpleNamespace(run_id="leads v2.1"), SimpleNamespace(run_id="None")
    address = "https://air.example/flow/cutover/runs/leads%20v2.1/runbook"
    assert RunbookLink().get_link(begun, ti_key=key) == address
    assert RunbookLink().get_link(before, ti_key=key) == ""
    for name in ("blue_green", "rollback_blue_green", "finalize"):
        steps = [task for task in load_dag(name).tasks if isinstance(task, CutoverOperator)]
        assert steps and all([link.name for link in task.operator_extra_links] == ["Runbook"] for task in steps)
