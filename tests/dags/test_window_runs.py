"""Whole runs of a maintenance window and of its way back: in place, and into another database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest

from cutover.api import sides
from cutover.connections import ConnectionInfo
from support.connections import Connections
from support.dag_runs import answering
from support.pair_runs import PairStage

pytestmark = [pytest.mark.dags, pytest.mark.slow]

WRITE = "INSERT INTO customers (name, email) SELECT 'new', 'new' || n || '@later' FROM generate_series(1, 50) n"
NEW = "SELECT count(*) FROM customers WHERE name = 'new'"
COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname IN ('loud', 'legacy_flag')"
IN_PLACE: dict[str, Any] = {"strategy": "stop_the_world", "target": None, "tables": [], "rollback": {}}
ACROSS: dict[str, Any] = {"strategy": "stop_the_world"}


@pytest.fixture
def stage(pair_stage: PairStage, make_connection: Connections, tmp_path: Path) -> PairStage:
    key = pyrage.x25519.Identity.generate()
    settings = {"path": str(tmp_path / "backups"), "age_recipients": str(key.to_public())}
    make_connection("cutover_backups", ConnectionInfo("cutover_backups", kind="fs", settings=settings))
    make_connection("cutover_age", ConnectionInfo("cutover_age", password=str(key)))
    return pair_stage


def steps(stage: PairStage) -> dict[str, dict[str, Any]]:
    return {step.name: dict(step.detail or {}) for step in stage.journal.steps(stage.latest().run_id)}


def test_in_place_and_back_by_restoring(stage: PairStage) -> None:
    stage.spec(**IN_PLACE)
    before = stage.pair.blue("SELECT * FROM orders ORDER BY id")
    there = stage.run("stop_the_world", {"migration": "trial"})
    assert there["run"] == "success" and there["call_off"] == there["go_back"] == "skipped", there
    assert stage.latest().state == "window" and stage.pair.blue(COLUMNS) == [("loud",)]
    done = steps(stage)
    assert done["back_up"]["restore_seconds"] > 0 and done["save"]["point"] != done["back_up"]["point"]
    assert done["open"]["within_budget"] and done["open"]["downtime_s"] > 0
    run_id = stage.latest().run_id
    plan = stage.journal.document(run_id, "plan.md").text
    assert "Forecast: **" in plan and f"rollback point `{done['back_up']['point']}`, restored" in plan
    assert "asked once, for the window as a whole" not in plan and "Approval: not asked for" in plan
    assert json.loads(stage.journal.document(run_id, "plan.json").text)["forecast"]["budget_s"] == 900

    seen = sides.look(stage.latest(), stage.journal)
    assert seen["problem"] is None and seen["sides"]["live"] == "blue" and "green" not in seen["sides"]
    assert seen["sides"]["router"]["leads_to"] == "blue" and not seen["sides"]["blue"]["fence"]

    stage.client(WRITE)
    refused = stage.run("rollback_stop_the_world", {"run": run_id})
    assert refused["roll_back"] == "failed" and stage.client(NEW) == [(50,)]
    back = stage.run("rollback_stop_the_world", {"run": run_id, "accept_loss": True})
    assert back["run"] == "success" and stage.latest().state == "rolled_back"
    assert stage.pair.blue(COLUMNS) == [("legacy_flag",)] and stage.client(NEW) == [(0,)]
    assert stage.pair.blue("SELECT * FROM orders ORDER BY id") == before
    assert steps(stage)["roll_back"]["lost"]["tables"] == {"public.customers": 50}
    assert stage.pair.leftovers() == []


def test_into_another_database_and_back_to_the_untouched_one(stage: PairStage) -> None:
    stage.spec(**ACROSS)
    assert stage.run("stop_the_world", {"migration": "trial"})["run"] == "success"
    assert stage.leads_to() == "green" and stage.pair.green(COLUMNS) == [("loud",)]
    assert steps(stage)["save"] == {"skipped": "the source stays as it is: a rollback leads back to it"}
    back = stage.run("rollback_stop_the_world", {"run": stage.latest().run_id, "reason": "to see that it works"})
    assert back["run"] == "success" and stage.leads_to() == "blue" and stage.pair.leftovers() == []
    stage.client(WRITE)


@pytest.mark.parametrize("form", [IN_PLACE, ACROSS], ids=["in place", "across"])
def test_a_step_that_fails_behind_closed_doors_opens_them_to_the_old_state(
    stage: PairStage, form: dict[str, Any]
) -> None:
    stage.spec(**form)
    states = stage.run("stop_the_world", {"migration": "trial", "fail_at": "verify"})
    assert states["verify"] == "failed" and states["call_off"] == "success" and states["open"] == "skipped"
    assert states["outcome"] == states["run"] == "failed"
    assert stage.run("rollback_stop_the_world", {"run": stage.latest().run_id})["run"] == "success"
    assert stage.latest().state == "rolled_back" and stage.leads_to() == "blue" and stage.pair.leftovers() == []
    assert stage.pair.blue(COLUMNS) == [("legacy_flag",)]
    stage.client(WRITE)


def test_doors_that_only_have_to_be_opened_need_no_store(stage: PairStage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.spec(**IN_PLACE)
    assert stage.run("stop_the_world", {"migration": "trial", "fail_at": "save"})["run"] == "failed"
    assert stage.leads_to() == "held blue"
    monkeypatch.delenv("AIRFLOW_CONN_CUTOVER_BACKUPS")
    assert stage.run("rollback_stop_the_world", {"run": stage.latest().run_id})["run"] == "success"
    assert stage.leads_to() == "blue" and stage.pair.leftovers() == []


def test_nobody_is_asked_while_the_doors_are_closed_and_the_time_is_waited_for(stage: PairStage) -> None:
    begins = datetime.now(UTC) + timedelta(seconds=20)
    stage.spec(**ACROSS, cutover={"approval": "required"}, announce={"window_start": begins.isoformat()})
    with answering(approve_plan=("Approve", "go")) as answered:
        states = stage.run("stop_the_world", {"migration": "trial"})
    assert answered == ["approve_plan"] and states["run"] == "success"
    (closed,) = [step for step in stage.journal.steps(stage.latest().run_id) if step.name == "close"]
    assert closed.started_at >= begins
    done = stage.run("finalize", {"run": stage.latest().run_id, "early": True})
    assert done["run"] == "success" and stage.latest().state == "finalized"
    stage.client(WRITE)


def test_without_a_store_nothing_is_touched_in_place(stage: PairStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_CUTOVER_BACKUPS")
    stage.spec(**IN_PLACE)
    states = stage.run("stop_the_world", {"migration": "trial"})
    assert states["preflight"] == "failed" and states["close"] == "upstream_failed"
    assert "SW009" in stage.journal.steps(stage.latest().run_id)[-1].error
    assert stage.pair.leftovers() == []
