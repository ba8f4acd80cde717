"""Whole runs of the blue-green strategy and of its way back, between two real servers behind a real pooler."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cutover.validation.suites.files import default_folder
from support.connections import Connections
from support.dag_runs import answering
from support.pair_runs import PASSWORD, PairStage

pytestmark = [pytest.mark.dags, pytest.mark.slow]

WRITE = "INSERT INTO customers (name, email) SELECT 'new', 'new' || n || '{}' FROM generate_series(1, 50) n"


def test_there_and_back(pair_stage: PairStage) -> None:
    stage = pair_stage
    stage.spec()
    there = stage.run("blue_green", {"migration": "trial"})
    assert there["run"] == "success", there
    assert there["call_off"] == there["go_back"] == "skipped"
    assert stage.latest().state == "window" and stage.leads_to() == "green"
    stage.client(WRITE.format("@green"))
    assert stage.pair.green("SELECT count(*) FROM customers WHERE name = 'new'") == [(50,)]

    run_id = stage.latest().run_id
    series = {sample.series for sample in stage.journal.samples(run_id)}
    assert "lag blue -> green" in series
    codes = {check.code for check in stage.journal.checks(run_id) if check.ok}
    assert {"FOLLOWS", "SCHEMA_DIFF", "SCHEMA_CHANGED", "ROW_COUNT", "ROW_DIFF", "EXACT", "TRAFFIC"} <= codes
    assert {d.name for d in stage.journal.documents(run_id)} >= {"plan.md", "report.html", "report.json"}

    back = stage.run("rollback_blue_green", {"run": run_id, "reason": "to see that it works"})
    assert back["run"] == "success"
    assert stage.latest().state == "rolled_back" and stage.latest().reason == "to see that it works"
    assert stage.leads_to() == "blue" and stage.pair.leftovers() == []
    assert stage.client("SELECT count(*) FROM customers WHERE name = 'new'") == [(50,)], "nothing was lost"
    stage.client(WRITE.format("@blue"))
    the_documents_tell_it(stage, run_id)


def the_documents_tell_it(stage: PairStage, run_id: str) -> None:
    """Runbook and post-mortem are kept, with what really ran, and without any login of this run."""
    ran = {(one.step, one.kind, one.text.split(" ")[0]) for one in stage.journal.statements(run_id)}
    assert {
        ("build_green", "program", "pg_dump"),
        ("build_green", "sql", "ALTER"),
        ("copy_data", "sql", "CREATE_REPLICATION_SLOT"),
        ("copy_data", "sql", "COPY"),
        ("follow", "sql", "CREATE"),
        ("cut_over", "pooler", "PAUSE"),
        ("cut_over", "pooler", "RELOAD"),
        ("cut_over", "pooler", "RESUME"),
        ("roll_back", "pooler", "PAUSE"),
        ("roll_back", "sql", "DROP"),
    } <= ran
    (copied,) = [one for one in stage.journal.statements(run_id) if one.text.startswith('COPY "public"."orders"')]
    assert (copied.begun, copied.ended, copied.rows, copied.place) == (copied.ended, copied.begun, 5000, "shop_green")

    kept = {d.name: stage.journal.document(run_id, d.name).text for d in stage.journal.documents(run_id)}
    assert {"runbook.md", "runbook.html", "post-mortem.md", "post-mortem.html"} <= set(kept)
    runbook, post_mortem = kept["runbook.md"], kept["post-mortem.md"]
    assert "Rolled back. Live had changed sides" in runbook and "| Rows copied | 7,350 |" in runbook
    assert "### cut\\_over" in runbook or "### cut_over" in runbook
    assert "ALTER TABLE orders DROP COLUMN legacy_flag" in runbook and 'PAUSE "stage"' in runbook
    assert "| Live changed sides | yes, and back |" in post_mortem and "| Rows lost | 0;" in post_mortem
    assert "to see that it works" in post_mortem and "| Clients held by the way back |" in post_mortem

    infos = (stage.pair.blue_info, stage.pair.green_info, stage.console)
    secrets = {info.password for info in infos if info.password} | {PASSWORD}
    assert len(secrets) >= 3 and all(len(secret) >= 5 for secret in secrets)
    told = [str(each) for each in (*stage.journal.statements(run_id), *stage.journal.steps(run_id))]
    told += [str(event) for event in stage.journal.events(run_id)]
    assert [secret for secret in secrets for text in (*kept.values(), *told) if secret in text] == []


@pytest.fixture
def suites(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's suites, and room for more."""
    folder = tmp_path_factory.mktemp("expectations")
    shutil.copytree(default_folder(), folder, dirs_exist_ok=True)
    monkeypatch.setenv("CUTOVER_EXPECTATIONS", str(folder))
    return folder


def test_a_failed_check_leads_back(pair_stage: PairStage, suites: Path) -> None:
    stage = pair_stage
    few = {"type": "expect_table_row_count_to_be_between", "kwargs": {"max_value": 10}, "severity": "critical"}
    strict = {"name": "strict", "meta": {"tables": ["public.customers"]}, "expectations": [few]}
    (suites / "strict.json").write_text(json.dumps(strict))
    stage.spec(validate={"suites": ["row_counts", "integrity", "strict"]})
    states = stage.run("blue_green", {"migration": "trial"})
    assert states["verify"] == "failed", states
    assert states["call_off"] == "success" and states["cut_over"] == states["go_back"] == "skipped"
    assert states["outcome"] == states["run"] == "failed"
    (decision,) = stage.events("decision")
    assert decision.startswith("roll back: verify: [OPR008] 1 of ") and "(public.customers)" in decision
    found = stage.journal.checks(stage.latest().run_id)
    counted = [check for check in found if check.name == "row_counts: as many rows as the live side"]
    assert len(counted) > 5 and all(check.ok for check in counted)
    assert stage.leads_to() == "blue"

    assert stage.run("rollback_blue_green", {"run": stage.latest().run_id})["run"] == "success"
    assert stage.latest().state == "rolled_back" and stage.pair.leftovers() == []


def test_a_step_that_fails_after_the_cutover_goes_back(pair_stage: PairStage) -> None:
    stage = pair_stage
    stage.spec()
    states = stage.run("blue_green", {"migration": "trial", "fail_at": "watch"})
    assert states["watch"] == "failed" and states["go_back"] == "success" and states["call_off"] == "skipped"
    assert states["run"] == "failed" and stage.leads_to() == "green"
    stage.client(WRITE.format("@green"))
    assert stage.run("rollback_blue_green", {"run": stage.latest().run_id})["run"] == "success"
    assert stage.leads_to() == "blue" and stage.pair.leftovers() == []
    assert stage.client("SELECT count(*) FROM customers WHERE name = 'new'") == [(50,)]


def test_somebody_postpones_and_then_says_yes_and_it_is_finalized(
    pair_stage: PairStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = pair_stage
    # A minute is the least that the form takes; nobody wants to wait for it here.
    monkeypatch.setattr("cutover.operators.approval.timedelta", lambda **_: timedelta(seconds=0.2))
    stage.spec(cutover={"approval": "required"})
    answers: Any = [("Postpone", "after the import"), ("Approve", "now")]
    with answering(approve_plan=("Approve", ""), approve_cutover=answers) as answered:
        states = stage.run("blue_green", {"migration": "trial"})
    assert answered == ["approve_plan", "approve_cutover", "approve_cutover"] and states["run"] == "success", states
    (postponed,) = stage.events("postponed")
    assert "Cut over “A trial” now? Postponed for 30 minutes, by olga. after the import" in postponed
    assert stage.events("approval")[-1] == "Cut over “A trial” now? Yes, by olga. now"

    done = stage.run("finalize", {"run": stage.latest().run_id, "early": True})
    assert done["run"] == "success" and stage.latest().state == "finalized"
    stage.client(WRITE.format("@green"))
    too_late = stage.run("rollback_blue_green", {"run": stage.latest().run_id})
    assert too_late["begin"] == "failed" and stage.latest().state == "finalized"


def test_a_no_to_the_cutover_takes_it_back(pair_stage: PairStage) -> None:
    stage = pair_stage
    stage.spec(cutover={"approval": "required"})
    with answering(approve_plan=("Approve", ""), approve_cutover=("Reject", "not tonight")):
        states = stage.run("blue_green", {"migration": "trial"})
    assert states["approve_cutover"] == "failed" and states["cut_over"] == "upstream_failed"
    assert states["go_back"] == "success" and stage.leads_to() == "blue"


def test_the_way_back_is_kept_and_looked_at_by_the_clock(pair_stage: PairStage) -> None:
    stage = pair_stage
    stage.spec()
    assert stage.run("blue_green", {"migration": "trial"})["run"] == "success"
    stage.client(WRITE.format("@green"))
    assert stage.run("keep_in_step", {})["keep_in_step"] == "success"
    assert stage.pair.blue("SELECT count(*) FROM customers WHERE name = 'new'") == [(50,)]


def test_a_migration_of_another_strategy_is_refused(pair_stage: PairStage) -> None:
    stage = pair_stage
    stage.spec()
    states = stage.run("online", {"migration": "trial"})
    assert states["begin"] == "failed" and stage.journal.latest_run("trial") is None


def test_a_side_that_cannot_be_logged_into_is_named_before_anything_is_touched(
    pair_stage: PairStage, make_connection: Connections
) -> None:
    from dataclasses import replace

    stage = pair_stage
    stage.spec()
    make_connection("shop_green", replace(stage.pair.green_info, user="nobody_at_all"))
    states = stage.run("blue_green", {"migration": "trial"})
    assert states["preflight"] == "failed" and states["build_green"] == "upstream_failed"
    assert "as 'nobody_at_all'" in stage.events("decision")[0] and stage.pair.leftovers() == []
