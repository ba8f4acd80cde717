"""Runs that are looked after by the DAG: trouble is told, and taken back, by itself or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from cutover.context import RunContext
from cutover.journal.check import Check
from cutover.observing import Look, clock, looks, verdicts
from cutover.operators.find_over_limit import FindOverLimitOperator
from cutover.operators.find_to_observe import FindToObserveOperator
from cutover.operators.observe import ObserveOperator
from localstack.slack_state import SlackState
from support.dag_runs import Stage
from support.listener import Listener, listening
from support.triggering import store, triggered

pytestmark = pytest.mark.dags
ROLLBACK = "rollback_online"


class Application:
    """What a probe asks: it answers well until a test breaks it."""

    def __init__(self) -> None:
        self.status = 200
        self.listener: Listener

    def answer(self, request: Any, number: int) -> tuple[int, dict[str, str], str]:
        return self.status, {}, "no orders" if self.status != 200 else ""

    def rules(self, **more: Any) -> dict[str, Any]:
        probe = {"name": "orders", "url": f"{self.listener.url}/orders"}
        return {"probes": [probe], "warn_after": "0s", "roll_back_after": "2m", **more}


@pytest.fixture
def application() -> Iterator[Application]:
    made = Application()
    with listening(made.answer) as listener:
        made.listener = listener
        yield made


@pytest.fixture(autouse=True)
def stored(load_dag: Any) -> Iterator[None]:
    store(load_dag, (ROLLBACK,))
    yield
    triggered(ROLLBACK)


def said(slack: SlackState) -> list[str]:
    return [m["text"] for m in slack.messages if m["method"] == "chat.postMessage"]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """``later(minutes)`` lets time pass."""
    passed = timedelta(0)

    def wait(minutes: int) -> None:
        nonlocal passed
        passed += timedelta(minutes=minutes)

    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + passed)
    return wait


def taken(ctx: RunContext) -> list[Look]:
    return looks.read(ctx.journal, ctx.run_id, ctx.spec.observe)


@pytest.mark.slow
def test_what_breaks_is_told_and_then_taken_back_by_itself(
    stage: Stage, application: Application, slack: SlackState, later: Callable[[int], None]
) -> None:
    ctx = stage.swapped(observe=application.rules(), announce={"channel": "#migrations"})
    assert stage.run("observe", {})["run"] == "success"
    assert taken(ctx)[-1].over == [] and not any("Over its limit" in text for text in said(slack))

    application.status = 500
    later(1)
    states = stage.run("observe", {})
    assert states["look"] == "success" and states["roll_back"] == "skipped"
    (told,) = [text for text in said(slack) if "Over its limit" in text]
    assert "probe (orders)*: " in told and "/orders answered with 500 instead of 200" in told
    assert "the run is taken back. To keep it, pause the DAG observe." in told

    later(2)
    assert stage.run("observe", {})["roll_back"] == "success"
    (conf,) = triggered(ROLLBACK, forget=False)
    assert conf["run"] == ctx.run_id and conf["reason"].startswith("probe (orders) over its limit since ")
    assert stage.run("observe", {})["roll_back"] == "skipped", "it is on its way already"
    assert len(triggered(ROLLBACK)) == 1 and sum("Over its limit" in text for text in said(slack)) == 1

    back = stage.run(ROLLBACK, conf)
    assert back["run"] == "success" and stage.latest().state == "rolled_back"
    assert stage.world.leftovers() == [] and any(": probe (orders) over its limit" in text for text in said(slack))
    assert [e.text for e in stage.journal.events(ctx.run_id, kind="decision")] == [f"roll back: {conf['reason']}"]


@pytest.mark.slow
def test_who_wants_to_be_asked_is_only_told(
    stage: Stage, application: Application, slack: SlackState, later: Callable[[int], None]
) -> None:
    rules = application.rules(roll_back_after="0s")
    ctx = stage.swapped(observe=rules, announce={"channel": "#migrations"}, rollback={"automatic": False})
    application.status = 500
    for _ in range(2):
        assert stage.run("observe", {})["roll_back"] == "skipped"
        later(2)
    (told,) = [text for text in said(slack) if "Over its limit" in text]
    assert "It is not taken back by itself: the migration says rollback.automatic: false." in told
    assert f'trigger the DAG rollback_online with {{"run": "{ctx.run_id}"}}' in told
    application.status = 200
    for _ in range(2):
        stage.run("observe", {})
        later(2)
    assert sum("Back to normal: probe (orders)" in text for text in said(slack)) == 1
    assert triggered(ROLLBACK) == [] and stage.latest().state == "window"


def test_a_way_back_that_loses_rows_is_not_taken_by_itself(
    stage: Stage, application: Application, slack: SlackState, later: Callable[[int], None]
) -> None:
    ctx = stage.swapped(observe=application.rules(), announce={"channel": "#migrations"})
    (old,) = [row[0] for row in stage.world.sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'cutover_old_%'")]
    stage.world.sql(f"SET session_replication_role = replica; DELETE FROM {old}.orders WHERE id = 1")
    application.status = 500
    for _ in range(2):
        assert stage.run("observe", {})["roll_back"] == "skipped"
        later(2)
    assert triggered(ROLLBACK) == [] and stage.journal.get_run(ctx.run_id).state == "window"
    kept = [text for text in said(slack) if "the run is not taken back by itself" in text]
    assert len(kept) == 2 and "public.orders: 1 rows are not on the side that follows" in kept[0]


def test_the_journal_is_judged_whoever_has_looked(stage: Stage, application: Application) -> None:
    """The worker was killed right after it had written its look down."""
    ctx = stage.swapped(observe=application.rules())
    now = datetime.now(UTC)
    back = verdicts.found("OBSERVE_WAY_BACK", True, "follows", figures={"harmful": False})
    bad = verdicts.found("OBSERVE_PROBE", False, "answered with 500", about="orders")
    for ago in (4, 2, 0):
        looks.keep(stage.journal, ctx.run_id, Look(now - timedelta(minutes=ago), [bad, back]))
    states = stage.run("observe", {})
    assert states["look"] == "skipped" and states["roll_back"] == "success"
    assert [conf["run"] for conf in triggered(ROLLBACK)] == [ctx.run_id]


def test_a_run_that_cannot_be_looked_at_stands_in_no_others_way(stage: Stage, application: Application) -> None:
    ctx = stage.swapped(observe=application.rules(roll_back_after="0s"))
    stage.spec(name="away", source="elsewhere")
    away = stage.begin("away.1", migration="away")
    stage.journal.set_state(away.run_id, "window")
    application.status = 500
    states = stage.run("observe", {})
    assert states["judge"] == states["roll_back"] == "success" and states["run"] == "failed"
    assert [check.object for check in taken(ctx)[-1].over] == ["orders"]
    assert [conf["run"] for conf in triggered(ROLLBACK)] == [ctx.run_id]


def test_rehearsals_and_runs_elsewhere_are_left_alone(stage: Stage) -> None:
    stage.spec()
    for name, state, dry_run in (("dry.1", "window", True), ("on.1", "watching", False), ("live.1", "window", False)):
        stage.begin(name, dry_run=dry_run)
        stage.journal.set_state(name, state)
    assert FindToObserveOperator(task_id="find").execute({}) == ["live.1"]


@pytest.mark.parametrize("state", ["finalizing", "rolling_back", "rolled_back"])
def test_a_run_whose_window_was_closed_meanwhile(stage: Stage, state: str) -> None:
    stage.spec()
    run = stage.begin("closed.1")
    stage.journal.set_state(run.run_id, state)
    with pytest.raises(AirflowSkipException, match="it is not observed any more"):
        ObserveOperator(task_id="look", run_id=run.run_id).execute({})
    assert stage.journal.samples(run.run_id) == [] and FindOverLimitOperator(task_id="judge").execute({}) == []


def test_a_run_that_is_taken_back_while_it_is_looked_at(
    stage: Stage, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cutover.observing import looking

    ctx = stage.swapped(observe=application.rules())
    real = looking.look

    def look(*args: Any, **kwargs: Any) -> Look:
        found = real(*args, **kwargs)
        stage.journal.set_state(ctx.run_id, "rolling_back")
        return found

    monkeypatch.setattr(looking, "look", look)
    with pytest.raises(AirflowSkipException):
        ObserveOperator(task_id="look", run_id=ctx.run_id).execute({})
    assert taken(ctx) == [], "what was seen of it counts no longer"


def test_two_at_once_tell_one_thing(stage: Stage, application: Application, slack: SlackState) -> None:
    import threading

    ctx = stage.swapped(observe=application.rules(), announce={"channel": "#migrations"})
    application.status = 500
    both = [
        threading.Thread(target=ObserveOperator(task_id=f"look_{n}", run_id=ctx.run_id).execute, args=({},))
        for n in (1, 2)
    ]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert len(taken(ctx)) == 2
    assert sum("Over its limit" in text for text in said(slack)) == 1


def test_every_look_is_seen_on_the_runs_page(stage: Stage, application: Application) -> None:
    ctx = stage.swapped(observe=application.rules())
    application.status = 500
    stage.run("observe", {})
    shown: dict[str, Check] = {check.code: check for check in stage.journal.checks(ctx.run_id)}
    assert not shown["OBSERVE_PROBE"].ok and shown["OBSERVE_CONNECTIONS"].ok
    assert not shown["OBSERVE_PROBE"].blocks, "one look decides nothing"
