"""The command line on real databases: runs, controls, and the way back of a run whose files are gone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cutover import recording, strategies
from cutover.cli import opened
from cutover.cli.connections import resolve
from cutover.cli.main import main
from cutover.connections import ConnectionInfo
from cutover.errors import ConnectionUnknown
from cutover.journal.check import Check
from cutover.journal.store import Journal
from cutover.opening import open_draft, open_run
from cutover.postgres import online
from support.connections import Connections
from support.online_world import World, forward

ROOT = Path(__file__).resolve().parents[2]
RUN = "leads_v2.1"


@pytest.fixture(autouse=True)
def connections(
    journal: Journal, database: ConnectionInfo, make_connection: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal and the source are known by AIRFLOW_CONN_*, and Airflow is not set up."""
    make_connection("cutover_journal", journal.info)
    make_connection("shop", database)
    monkeypatch.setenv("AIRFLOW_HOME", "/nowhere")
    monkeypatch.delenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", raising=False)


@pytest.fixture
def world(tmp_path: Path, database: ConnectionInfo, journal: Journal) -> World:
    return World(tmp_path / "migrations", database, journal)


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(argv)
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def run_json(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, Any]:
    code, out, _ = run(capsys, *argv, "--json")
    return code, json.loads(out)


def begin(journal: Journal, **changes: Any) -> None:
    values: dict[str, Any] = {"migration": "leads_v2", "strategy": "online", "database": "shop", "title": "Leads"}
    journal.begin_run(**{"run_id": RUN, "spec": {}, **values, **changes})


def test_the_journal_is_made_by_one_command(
    capsys: pytest.CaptureFixture[str], database: ConnectionInfo, make_connection: Connections
) -> None:
    make_connection("cutover_journal", database)
    code, _, err = run(capsys, "runs")
    assert code == 2
    assert "python -m cutover journal" in err
    assert run(capsys, "journal")[0] == 0
    assert run_json(capsys, "journal")[1]["version"] >= 1
    assert run(capsys, "runs") == (0, "there are no such runs\n", "")


def test_runs_are_listed_and_chosen(capsys: pytest.CaptureFixture[str], journal: Journal) -> None:
    begin(journal)
    journal.set_state(RUN, "window")
    begin(journal, run_id="orders_v2.1", migration="orders_v2")
    code, out, _ = run(capsys, "runs")
    lines = out.splitlines()
    assert (code, lines[0].split()[:3], len(lines)) == (0, ["RUN", "ID", "STATE"], 3)
    assert lines[1].split()[:3] == ["orders_v2.1", "preparing", "online"]
    assert [r["run_id"] for r in run_json(capsys, "runs", "--active")[1]] == ["orders_v2.1"]
    assert [r["run_id"] for r in run_json(capsys, "runs", "--state", "window")[1]] == [RUN]
    assert [r["run_id"] for r in run_json(capsys, "runs", "--migration", "leads_v2")[1]] == [RUN]
    assert run_json(capsys, "runs", "--limit", "1")[1][0]["run_id"] == "orders_v2.1"
    assert run_json(capsys, "runs", "--strategy", "blue_green")[1] == []


def test_an_unknown_run_is_bad_input(capsys: pytest.CaptureFixture[str], journal: Journal) -> None:
    for command, *more in (
        ["status"],
        ["pause"],
        ["resume"],
        ["speed", "--workers", "2"],
        ["verify"],
        ["rollback", "-y"],
        ["document"],
    ):
        code, _, err = run(capsys, command, "leads_v2.2", *more)
        assert code == 2
        assert "[JRN004] no run has the id 'leads_v2.2'" in err


def test_a_backfill_is_steered_while_it_runs(capsys: pytest.CaptureFixture[str], journal: Journal) -> None:
    begin(journal)
    assert run(capsys, "pause", RUN)[0] == 0
    assert journal.control(RUN).paused
    assert "PAUSED by" in run(capsys, "status", RUN)[1]
    assert run_json(capsys, "resume", RUN) == (0, {"run": RUN, "paused": False})
    code, out, _ = run(capsys, "speed", RUN, "--batch-rows", "500", "--pause", "250ms")
    assert (code, out) == (0, f"{RUN}: batch_rows = 500, pause_seconds = 0.25, workers = as in the spec\n")
    assert run_json(capsys, "speed", RUN, "--batch-rows", "spec", "--workers", "4")[1] == {
        "run": RUN,
        "batch_rows": None,
        "pause_seconds": 0.25,
        "workers": 4,
    }
    assert run(capsys, "speed", RUN, "--workers", "99")[0] == 2
    assert journal.control(RUN).workers == 4
    assert {e.actor for e in journal.events(RUN, kind="control")} == {opened.actor()}


def test_status_tells_all_that_the_journal_knows(capsys: pytest.CaptureFixture[str], journal: Journal) -> None:
    begin(journal, strategy="blue_green")
    with pytest.raises(ValueError, match="broken"), journal.step(RUN, "build"):
        raise ValueError("broken\nbadly")
    journal.progress(RUN, "fill", "public.leads", 5, 10, rate=2.5)
    journal.record_check(RUN, Check("ROW_COUNT", "rows", False, "error", "5 of 10", object="public.leads"))
    journal.put_document(RUN, "plan.md", "text/markdown", "# Plan")
    journal.put_document(RUN, "blob", "application/octet-stream", b"\xff\x00")
    journal.set_state(RUN, "failed", "it broke")
    code, out, _ = run(capsys, "status", RUN, "--events")
    assert code == 0
    for part in ("failed on shop: it broke", "broken badly", "public.leads", "ROW_COUNT", "failed: it broke"):
        assert part in out
    data = run_json(capsys, "status", RUN)[1]
    assert (data["run"]["state"], data["steps"][0]["error"], data["database"]) == ("failed", "broken\nbadly", None)
    assert (data["progress"][0]["done"], data["documents"]) == (5, ["blob", "plan.md"])
    assert run(capsys, "document", RUN, "plan.md") == (0, "# Plan\n", "")
    assert run(capsys, "document", RUN, "blob")[1] == "/wA=\n"
    assert [d["name"] for d in run_json(capsys, "document", RUN)[1]] == ["blob", "plan.md"]
    assert "it has: blob, plan.md" in run(capsys, "document", RUN, "report.html")[2]


def test_the_runbook_is_printed_or_written(
    capsys: pytest.CaptureFixture[str], journal: Journal, tmp_path: Path
) -> None:
    begin(journal)
    with journal.step(RUN, "swap"), recording.noted(RUN, "sql", "shop", "LOCK TABLE public.leads"):
        pass
    code, out, _ = run(capsys, "runbook", RUN)
    assert code == 0 and "Runbook, so far" in out and "LOCK TABLE public.leads" in out
    code, data = run_json(capsys, "runbook", RUN, "--post-mortem", "--html", "-o", str(tmp_path / "pm.html"))
    assert (code, data["file"]) == (0, str(tmp_path / "pm.html"))
    page = (tmp_path / "pm.html").read_text()
    assert page.startswith("<!doctype html>") and "Post-mortem, a draft" in page
    assert run(capsys, "runbook", "nothing")[0] == 2
    code, _, err = run(capsys, "runbook", RUN, "-o", str(tmp_path / "nowhere" / "x"))
    assert code == 2 and "cannot be written" in err


def test_status_shows_the_journal_though_the_database_is_away(
    capsys: pytest.CaptureFixture[str], world: World, make_connection: Connections
) -> None:
    ctx = world.orders_run()
    make_connection("shop", ConnectionInfo("shop", "127.0.0.1", 1, "nobody", "hunter2", "shop"))
    code, out, _ = run(capsys, "status", ctx.run_id)
    assert code == 0
    assert "the database: [CUT003] cannot connect to shop" in out
    assert "hunter2" not in out


def test_a_run_goes_back_though_its_files_are_gone(capsys: pytest.CaptureFixture[str], world: World) -> None:
    ctx = world.orders_run()
    before = world.sql("SELECT id, note, amount, legacy_flag FROM orders ORDER BY id")
    forward(ctx)
    shutil.rmtree(world.folder)
    status = run_json(capsys, "status", ctx.run_id)[1]
    assert [(t["table"], t["live"]) for t in status["database"]["tables"]] == [("public.orders", "original")]
    code, checked = run_json(capsys, "verify", ctx.run_id)
    assert code == 0
    assert checked["checks"]
    assert all(check["ok"] for check in checked["checks"])
    online.swap(ctx)
    online.settle(ctx)
    world.journal.mark_swapped(ctx.run_id, timedelta(hours=1))
    world.journal.set_state(ctx.run_id, "window")
    world.sql("UPDATE orders SET amount_cents = 99900 WHERE id = 1")
    code, figures = run_json(capsys, "keep-in-step", ctx.run_id)
    assert (code, figures["pending"]) == (0, 0)
    code, out, err = run(capsys, "finalize", ctx.run_id, "--yes")
    assert code == 2
    assert "is open until" in err
    code, out, _ = run(capsys, "rollback", ctx.run_id, "--yes", "--reason", "a trial")
    assert (code, out) == (0, f"{ctx.run_id} is rolled back and verified: live was swapped back.\n")
    after = world.sql("SELECT id, note, amount, legacy_flag FROM orders ORDER BY id")
    assert after[1:] == before[1:]
    assert int(after[0][2]) == 999
    assert world.leftovers() == []
    ended = world.journal.get_run(ctx.run_id)
    assert (ended.state, ended.reason) == ("rolled_back", "a trial")
    assert [(s.name, s.state) for s in world.journal.steps(ctx.run_id)][-1] == ("roll_back", "done")
    # Once more is harmless, and says the truth.
    code, out, _ = run(capsys, "rollback", ctx.run_id, "--yes")
    assert (code, out) == (0, f"{ctx.run_id} is rolled back and verified: live had not changed sides.\n")


def test_a_window_is_closed_early_only_on_request(capsys: pytest.CaptureFixture[str], world: World) -> None:
    world.sql("CREATE TABLE leads (id int PRIMARY KEY, name text)")
    ctx = world.begin(world.spec([{"name": "leads", "old_table": "archive"}], {}))
    forward(ctx)
    assert run(capsys, "finalize", ctx.run_id, "--yes")[0] == 2  # nothing was cut over yet
    online.swap(ctx)
    online.settle(ctx)
    world.journal.mark_swapped(ctx.run_id, timedelta(hours=1))
    world.journal.set_state(ctx.run_id, "window")
    code, data = run_json(capsys, "finalize", ctx.run_id, "--yes", "--early", "--old-table", "drop")
    assert code == 0, data
    assert data["dropped"] == ["public.leads"]
    assert world.journal.get_run(ctx.run_id).state == "finalized"
    assert world.leftovers() == []
    code, _, err = run(capsys, "rollback", ctx.run_id, "--yes")
    assert code == 2
    assert "there is no way back" in err
    assert world.journal.get_run(ctx.run_id).state == "finalized"


def test_a_missing_signature_is_done_without_only_on_request(capsys: pytest.CaptureFixture[str], world: World) -> None:
    world.sql("CREATE TABLE leads (id int PRIMARY KEY, name text)")
    ctx = world.begin(world.spec([{"name": "leads"}], {}, approvals={"sign_off": ["database", "qa"]}))
    forward(ctx)
    online.swap(ctx)
    online.settle(ctx)
    world.journal.set_state(ctx.run_id, "window")
    data = {"task": "sign_off_database", "approved": True, "who": "ada", "words": "fine"}
    world.journal.event(ctx.run_id, "approval", "Database: sign off? Yes, by ada. fine", actor="ada", data=data)
    asked = {"task": "sign_off_qa", "dag_run_id": "sign_off__1"}
    world.journal.event(ctx.run_id, "approval_asked", "QA: sign off?", data=asked)

    shown = run(capsys, "status", ctx.run_id)[1]
    for line in ("WAITS for an answer: QA: sign off?", "database: signed off by ada: fine", "QA: asked"):
        assert line in shown
    code, _, err = run(capsys, "finalize", ctx.run_id, "--yes", "--early")
    assert code == 2 and "the sign-off of QA is missing" in err and "--unsigned" in err
    assert world.journal.get_run(ctx.run_id).state == "window"
    assert run(capsys, "finalize", ctx.run_id, "--yes", "--early", "--unsigned")[0] == 0
    (event,) = world.journal.events(ctx.run_id, kind="unsigned")
    assert event.text == "finalized although the sign-off of QA is missing, as the command line says"
    assert event.actor == opened.actor()


def test_verify_finds_what_differs(capsys: pytest.CaptureFixture[str], world: World) -> None:
    ctx = world.orders_run()
    forward(ctx)
    (schema,) = world.sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'cutover_new%'")[0]
    world.sql(f"UPDATE {schema}.orders SET remark = 'tampered' WHERE id = 5")
    code, data = run_json(capsys, "verify", ctx.run_id)
    assert code == 1
    assert [c["object"] for c in data["checks"] if not c["ok"]] == ["public.orders"]
    assert world.journal.steps(ctx.run_id)[-1].detail["failed"] == 1


def test_without_a_terminal_nothing_irreversible_happens_unasked(
    capsys: pytest.CaptureFixture[str], world: World
) -> None:
    ctx = world.orders_run()
    for command in ("rollback", "finalize"):
        if command == "finalize":
            world.journal.set_state(ctx.run_id, "window")
        code, _, err = run(capsys, command, ctx.run_id)
        assert code == 2
        assert "add --yes" in err
    assert world.journal.get_run(ctx.run_id).state == "window"


def test_a_run_whose_strategy_has_no_engine_is_left_alone(
    capsys: pytest.CaptureFixture[str], journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that a later release has begun, with a strategy that this one does not know."""
    monkeypatch.delitem(strategies.MODULES, "online")  # type: ignore[arg-type]  # a dict, seen as a mapping
    spec = {"name": "leads_v2", "title": "x", "strategy": "online", "owner": "x", "source": "shop"}
    begin(journal, strategy="online", spec={**spec, "tables": [{"name": "public.leads"}]})
    code, _, err = run(capsys, "rollback", RUN, "--yes")
    assert code == 2
    assert "STR001" in err and "online" in err
    assert journal.get_run(RUN).state == "preparing"


def test_preflight_answers_with_findings(
    capsys: pytest.CaptureFixture[str], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUTOVER_MIGRATIONS", str(world.folder))
    world.spec([{"name": "public.nothing"}], {})
    code, data = run_json(capsys, "preflight", "trial")
    assert code == 1
    assert (data["findings"][0]["severity"], data["findings"][0]["object"]) == ("error", "public.nothing")
    world.sql("CREATE TABLE nothing (id int PRIMARY KEY)")
    code, out, _ = run(capsys, "preflight", "trial")
    assert code == 0, out


def test_a_context_is_opened_from_the_journal_alone(world: World) -> None:
    ctx = world.orders_run()
    shutil.rmtree(world.folder)
    again = open_run(ctx.run_id, world.journal, resolve)
    assert again.spec == ctx.spec
    assert again.spec.tables[0].alter_sql == ctx.spec.tables[0].alter_sql
    assert again.source_info.dbname == world.info.dbname
    draft = open_draft(ctx.spec, world.journal, resolve)
    assert draft.run_id.startswith("trial.")
    assert draft.run_id != ctx.run_id


@pytest.mark.slow
def test_connections_that_only_airflow_knows(journal: Journal, tmp_path: Path) -> None:
    """Outside of a task, the command line asks what Airflow asks (here a secrets backend), and keeps stdout clean."""
    info, home = journal.info, tmp_path / "airflow"
    known = {
        "cutover_journal": {
            "conn_type": "postgres",
            "host": info.host,
            "port": info.port,
            "login": info.user,
            "password": info.password,
            "schema": info.dbname,
        },
        "other": {"conn_type": "mysql", "host": "example.org"},
    }
    (tmp_path / "connections.json").write_text(json.dumps(known))
    env = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW_CONN_")} | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__SECRETS__BACKEND": "airflow.secrets.local_filesystem.LocalFilesystemBackend",
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"connections_file_path": str(tmp_path / "connections.json")}),
        "PYTHONPATH": str(ROOT / "plugins"),
    }
    begin(journal)
    listed = _python(env, "-m", "cutover", "runs", "--json")
    assert [r["run_id"] for r in json.loads(listed)] == [RUN]
    ask = "from cutover.cli.connections import resolve\nfor c in ('other', 'nothing'):\n    try: resolve(c)\n"
    said = _python(env, "-c", ask + "    except Exception as e: print(e)\n")
    assert "is of type 'mysql', not postgres" in said
    assert "connection 'nothing' is not defined: neither AIRFLOW_CONN_NOTHING nor Airflow has it" in said


def _python(env: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_without_airflow_only_the_environment_counts() -> None:
    assert resolve("shop").conn_id == "shop"
    with pytest.raises(ConnectionUnknown, match="AIRFLOW_CONN_NOTHING is not set"):
        resolve("nothing")
