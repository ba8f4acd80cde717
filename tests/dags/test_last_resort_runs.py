"""The last resort from the form: looked at, asked about with rows and minutes, and only then done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyrage
import pytest

from cutover.connections import ConnectionInfo
from support.connections import Connections
from support.dag_runs import answering
from support.pair_runs import PairStage

pytestmark = [pytest.mark.dags, pytest.mark.slow]

WRITE = "INSERT INTO customers (name, email) SELECT 'new', 'new' || n || '@later' FROM generate_series(1, 50) n"
NEW = "SELECT count(*) FROM customers WHERE name = 'new'"
TAKE: dict[str, Any] = {"backup": {"take": True}}
IN_PLACE: dict[str, Any] = {"strategy": "stop_the_world", "target": None, "tables": [], "rollback": {}}
ASKED = ("look_at_point", "confirm_loss", "restore_point", "discard_point", "roll_back", "run")


@pytest.fixture
def stage(pair_stage: PairStage, make_connection: Connections, tmp_path: Path) -> PairStage:
    key = pyrage.x25519.Identity.generate()
    settings = {"path": str(tmp_path / "backups"), "age_recipients": str(key.to_public())}
    make_connection("cutover_backups", ConnectionInfo("cutover_backups", kind="fs", settings=settings))
    make_connection("cutover_age", ConnectionInfo("cutover_age", password=str(key)))
    return pair_stage


def point_of(stage: PairStage) -> str:
    steps = [step for step in stage.journal.steps(stage.latest().run_id) if step.name == "back_up"]
    return str(dict(steps[-1].detail or {})["point"])


def states(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ASKED}


def test_of_a_blue_green_run_a_no_changes_nothing_and_a_yes_restores(stage: PairStage) -> None:
    stage.spec(**TAKE)
    before = stage.pair.blue("SELECT * FROM orders ORDER BY id")
    assert stage.run("blue_green", {"migration": "trial"})["run"] == "success"
    run_id, point = stage.latest().run_id, point_of(stage)
    plan = stage.journal.document(run_id, "plan.md").text
    assert f"Last resort: rollback point `{point}`, restored and compared" in plan
    stage.client(WRITE)
    conf = {"run": run_id, "point": point, "reason": "the rows themselves are wrong"}

    with answering(confirm_loss=("Reject", "too much")) as answered:
        refused = stage.run("rollback_blue_green", conf)
    assert answered == ["confirm_loss"]
    assert states(refused) == {
        "look_at_point": "success",
        "confirm_loss": "failed",
        "restore_point": "upstream_failed",
        "discard_point": "success",
        "roll_back": "skipped",
        "run": "failed",
    }
    assert stage.latest().state == "window" and stage.leads_to() == "green" and stage.client(NEW) == [(50,)]
    assert stage.pair.blue("SELECT datname FROM pg_database WHERE datname LIKE 'cutover%restored'") == []

    with answering(confirm_loss=("Approve", "we have them in the log")):
        done = stage.run("rollback_blue_green", conf)
    assert states(done) == {
        "look_at_point": "success",
        "confirm_loss": "success",
        "restore_point": "success",
        "discard_point": "skipped",
        "roll_back": "skipped",
        "run": "success",
    }
    asked = [event.text for event in stage.journal.events(run_id, kind="approval")]
    assert any("lose 50 rows written in" in text and "50 (50 new) in public.customers" in text for text in asked), asked
    assert stage.latest().state == "rolled_back" and stage.leads_to() == "blue" and stage.client(NEW) == [(0,)]
    assert stage.pair.blue("SELECT * FROM orders ORDER BY id") == before
    assert stage.pair.leftovers() == []


def test_nobody_is_asked_where_nothing_is_lost_or_the_loss_is_accepted(stage: PairStage) -> None:
    stage.spec(**IN_PLACE)
    assert stage.run("stop_the_world", {"migration": "trial"})["run"] == "success"
    run_id, point = stage.latest().run_id, point_of(stage)
    looked = stage.run("rollback_stop_the_world", {"run": run_id, "point": f"{point}-not"})
    assert looked["look_at_point"] == "failed" and looked["discard_point"] == "success" and looked["run"] == "failed"
    assert stage.latest().state == "window"
    wrong = stage.run("rollback_online", {"run": run_id, "point": point})
    assert wrong["look_at_point"] == "failed" and wrong["confirm_loss"] == "upstream_failed"
    stage.client(WRITE)
    done = stage.run("rollback_stop_the_world", {"run": run_id, "point": point, "accept_loss": True})
    assert done["run"] == "success" and stage.client(NEW) == [(0,)] and stage.pair.leftovers() == []
    assert stage.latest().state == "rolled_back"


def test_a_migration_that_asks_for_no_point_has_none_and_says_so(stage: PairStage) -> None:
    stage.spec()
    assert stage.run("blue_green", {"migration": "trial"})["back_up"] == "success"
    run_id = stage.latest().run_id
    assert "Last resort: none" in stage.journal.document(run_id, "plan.md").text
    back = stage.run("rollback_blue_green", {"run": run_id})
    assert states(back)["roll_back"] == "success" and states(back)["look_at_point"] == "skipped"
    assert back["discard_point"] == "skipped" and back["run"] == "success"
