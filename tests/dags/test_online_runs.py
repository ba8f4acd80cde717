"""Whole runs of the strategy and of its way back, on a real database."""

from __future__ import annotations

import contextlib
import threading

import pytest

from cutover.journal.store import Journal
from localstack.cluster import Cluster
from localstack.slack_state import SlackState
from localstack.throwaway import standby_of, throwaway
from support.connections import Connections
from support.dag_runs import Stage, answering
from support.slack_bot import said

pytestmark = [pytest.mark.dags, pytest.mark.slow]

COLUMNS = "select column_name from information_schema.columns where table_name = 'orders' and table_schema = 'public'"
ROWS = "insert into orders (customer_id, status) select 1 + n % 200, 'NEW' from generate_series(1, 500) n"


def columns(stage: Stage) -> set[str]:
    return {row[0] for row in stage.world.sql(COLUMNS)}


def test_there_and_back(stage: Stage, slack: SlackState) -> None:
    stage.spec(announce={"channel": "#migrations"})
    stage.furnish()
    before = stage.world.one("select count(*) from orders")

    there = stage.run("online", {"migration": "trial"})
    assert there["run"] == "success" and there["call_off"] == there["swap_back"] == "skipped"
    assert stage.latest().state == "window" and "preferences" in columns(stage)
    stage.world.sql(ROWS)

    back = stage.run("rollback_online", {"run": stage.latest().run_id, "reason": "to see that it works"})
    assert back["run"] == "success"
    assert stage.latest().state == "rolled_back" and stage.latest().reason == "to see that it works"
    assert "preferences" not in columns(stage) and "legacy_flag" in columns(stage)
    assert stage.world.one("select count(*) from orders") == before + 500
    assert stage.world.leftovers() == []

    for words in ("Started", "The plan is ready", "Verified", "Cut over", "All is well", "Rolled back and verified"):
        assert words in said(slack)
    threads = {m.get("thread_ts") for m in slack.messages if m["method"] == "chat.postMessage"}
    assert len(threads) == 2 and None in threads, "one first message, and all others in its thread"


def test_a_step_that_fails_before_the_cutover_is_called_off(stage: Stage, slack: SlackState) -> None:
    stage.spec(announce={"channel": "#migrations"})
    states = stage.run("online", {"migration": "trial", "fail_at": "verify"})
    assert states["verify"] == "failed" and states["call_off"] == "success"
    assert states["swap"] == states["swap_back"] == "skipped"
    assert states["outcome"] == states["run"] == "failed"
    assert stage.events("decision") == [
        "roll back: verify: [OPR004] step 'verify' did its work and then failed on purpose,"
        " as this run was told to (fail_at)."
    ]
    # Here nothing carries out the rollback that was triggered, and the run says so.
    assert stage.latest().state == "verifying" and "was not taken back" not in said(slack)
    assert "rollback_online" in said(slack)

    assert stage.run("rollback_online", {"run": stage.latest().run_id})["run"] == "success"
    assert stage.latest().state == "rolled_back" and stage.world.leftovers() == []


def test_a_step_that_fails_after_the_cutover_is_swapped_back(stage: Stage) -> None:
    stage.spec()
    states = stage.run("online", {"migration": "trial", "fail_at": "swap"})
    assert states["swap"] == "failed" and states["swap_back"] == "success" and states["call_off"] == "skipped"
    assert states["run"] == "failed" and "preferences" in columns(stage)
    before = stage.world.one("select count(*) from orders")
    stage.world.sql(ROWS)
    assert stage.run("rollback_online", {"run": stage.latest().run_id})["run"] == "success"
    assert "preferences" not in columns(stage) and stage.world.one("select count(*) from orders") == before + 500
    assert stage.world.leftovers() == []


def test_two_people_say_yes_and_it_is_finalized(stage: Stage, slack: SlackState) -> None:
    stage.spec(cutover={"approval": "required"}, announce={"channel": "#migrations"})
    with answering(approve_plan=("Approve", ""), approve_cutover=("Approve", "looks good")) as answered:
        states = stage.run("online", {"migration": "trial"})
    assert answered == ["approve_plan", "approve_cutover"] and states["run"] == "success"
    assert stage.events("approval") == [
        "Begin “A trial” as planned? Yes, by olga.",
        "Cut over “A trial” now? Yes, by olga. looks good",
    ]
    assert 'Cut over “A trial” now? *Yes*, said olga. "looks good"' in said(slack)

    early = stage.run("finalize", {"run": stage.latest().run_id})
    assert early["begin"] == "failed" and stage.latest().state == "window"
    done = stage.run("finalize", {"run": stage.latest().run_id, "early": True, "old_table": "drop"})
    assert done["run"] == "success" and stage.latest().state == "finalized" and "Finalized" in said(slack)
    assert stage.world.leftovers() == []
    too_late = stage.run("rollback_online", {"run": stage.latest().run_id})
    assert too_late["begin"] == "failed" and stage.latest().state == "finalized"


def test_a_no_to_the_plan_touches_nothing(stage: Stage) -> None:
    stage.spec(cutover={"approval": "required"})
    with answering(approve_plan=("Reject", "not tonight")):
        states = stage.run("online", {"migration": "trial"})
    assert states["approve_plan"] == "failed" and states["build_shadow"] == "upstream_failed"
    assert states["call_off"] == "success" and states["run"] == "failed"
    assert stage.events("decision") == ["roll back: Begin “A trial” as planned? No, by olga. not tonight"]
    assert stage.world.leftovers() == []
    assert stage.run("rollback_online", {"run": stage.latest().run_id})["run"] == "success"


def test_a_no_to_the_cutover_takes_it_back(stage: Stage) -> None:
    stage.spec(cutover={"approval": "required"})
    with answering(approve_plan=("Approve", ""), approve_cutover=("Reject", "")):
        states = stage.run("online", {"migration": "trial"})
    assert states["approve_cutover"] == "failed" and states["swap"] == "upstream_failed"
    assert states["swap_back"] == "success" and "preferences" not in columns(stage)


def test_the_form_can_answer_for_everybody_and_slack_may_be_down(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = '{"conn_type": "slack", "password": "xoxb-made-up", "extra": {"base_url": "http://127.0.0.1:1/api/"}}'
    monkeypatch.setenv("AIRFLOW_CONN_CUTOVER_SLACK", nobody)
    stage.spec(cutover={"approval": "required"}, announce={"channel": "#migrations"})
    assert stage.run("online", {"migration": "trial", "auto_approve": True})["run"] == "success"
    assert len(stage.events("approval")) == 2
    plan = stage.journal.document(stage.latest().run_id, "plan.md").text
    assert "A trial" in plan and "public.orders" in plan and "PF019" in plan
    assert all("the trigger form (auto_approve" in text for text in stage.events("approval"))
    assert "could not be reached" in stage.events("message_failed")[0]


def test_a_second_run_is_refused_by_name_and_takes_nothing_back(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.spec()
    database = f"{stage.world.info.host}:{stage.world.info.port}/{stage.world.info.dbname}"
    stage.journal.begin_run(
        "other.1", migration="other", strategy="online", title="Other", database=database, spec={}, triggered_by="olga"
    )
    states = stage.run("online", {"migration": "trial"})
    assert states["begin"] == "failed" and states["call_off"] == "skipped" and states["run"] == "failed"
    assert "run 'other.1' of migration 'other' is preparing" in caplog.text and "by olga" in caplog.text
    assert stage.journal.get_run("other.1").state == "preparing"
    assert stage.journal.latest_run("trial") is None


def test_without_an_automatic_rollback_the_run_waits_for_a_person(stage: Stage) -> None:
    stage.spec(rollback={"automatic": False})
    states = stage.run("online", {"migration": "trial", "fail_at": "watch"})
    assert states["swap_back"] == "skipped" and states["outcome"] == "failed"
    assert stage.latest().state == "watching" and "preferences" in columns(stage)
    assert stage.run("rollback_online", {"run": stage.latest().run_id})["run"] == "success"
    assert "preferences" not in columns(stage)


def test_a_run_waits_for_the_standbys_of_its_source(
    stage: Stage, make_connection: Connections, journal: Journal
) -> None:
    with throwaway(18) as primary, standby_of(primary) as standby:
        info = primary.create_database("shop")
        make_connection("shop", info)
        replica = Stage(stage.world.folder, info, journal, stage.load)
        replica.spec(cutover={"approval": "auto", "max_lag": "500ms"}, backfill={"max_lag": "1h"})
        execute(standby, "select pg_wal_replay_pause()")
        over = threading.Event()
        helper = threading.Thread(target=resume_once_noticed, args=(standby, journal, over))
        helper.start()
        states = replica.run("online", {"migration": "trial"})
        over.set()
        helper.join()
    assert states["run"] == "success"
    (sample,) = [p for p in journal.get_progress(replica.latest().run_id) if p.step == "standby_lag"]
    assert sample.done <= 500
    assert any("waiting for standbys" in text for text in replica.events("standby_lag"))


def execute(cluster: Cluster, statement: str) -> None:
    with contextlib.closing(cluster.connect()) as db:
        db.execute(statement)  # type: ignore[call-overload]


def resume_once_noticed(standby: Cluster, journal: Journal, over: threading.Event) -> None:
    """Let the standby go on when the run has said that it waits for it, or is over."""
    while not over.wait(0.1):
        run = journal.latest_run("trial")
        if run and journal.events(run.run_id, kind="standby_lag"):
            break
    execute(standby, "select pg_wal_replay_resume()")
