"""Whole runs of a change of shape, and of its way back, with an application that follows the flag."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cutover.connections import ConnectionInfo
from cutover.flags import Mode
from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.postgres import dual_write
from support.connections import Connections
from support.dag_runs import run_dag
from support.dual_runs import NAME, Application, DualRun

pytestmark = [pytest.mark.dags, pytest.mark.slow]


class DualStage:
    """The small world of a change of shape, and the DAGs to run it with."""

    def __init__(self, folder: Path, info: ConnectionInfo, journal: Journal, load_dag: Callable[[str], Any]) -> None:
        self.load = load_dag
        reads = {"shadow": 100, "steps": [10, 100], "hold": "2s"}
        changes = {"cutover": {"approval": "auto"}, "flags": {"instances": 1}, "reads": reads}
        self.world = DualRun(folder, info, journal, **changes)
        journal.set_state(self.world.ctx.run_id, "aborted")
        self.journal = journal

    def run(self, dag_id: str, conf: dict[str, Any]) -> dict[str, str]:
        return run_dag(self.load(dag_id), conf)

    def latest(self) -> Run:
        found = self.journal.latest_run(NAME)
        assert found is not None
        return found


@pytest.fixture
def stage(
    tmp_path: Path,
    database: ConnectionInfo,
    journal: Journal,
    make_connection: Connections,
    load_dag: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[DualStage]:
    make_connection("shop", database)
    make_connection("cutover_journal", journal.info)
    monkeypatch.setenv("CUTOVER_MIGRATIONS", str(tmp_path))
    made = DualStage(tmp_path, database, journal, load_dag)
    yield made
    made.world.close()


def test_there_and_back(stage: DualStage) -> None:
    application = Application(stage.world, 1000)
    application.start()
    try:
        there = stage.run("dual_write", {"migration": NAME})
        assert there["run"] == "success", there
        run = stage.latest()
        assert run.state == "window" and stage.world.flags.get(NAME).mode is Mode.NEW_ONLY
        assert run.window_ends_at is not None
        shares = [s.detail["share"] for s in stage.journal.steps(run.run_id) if "share" in (s.detail or {})]
        assert shares == [0, 10, 100]
        plan = stage.journal.document(run.run_id, "plan.md").text
        assert "4 tables become 2" in plan and "10 %, 100 % of the reads" in plan
        back = stage.run("rollback_dual_write", {"run": run.run_id, "reason": "to see that it works"})
        assert back["run"] == "success", back
    finally:
        application.stop()
    assert application.failed == [] and application.sides == {"old", "new"}
    assert stage.latest().state == "rolled_back" and stage.world.left() == []
    assert application.written == dict(
        stage.world.sql("SELECT id, email FROM admins WHERE id = ANY (%s)", [*application.written])
    )


def test_answers_that_differ_end_the_run_and_name_the_key(stage: DualStage) -> None:
    over = threading.Event()

    def misread() -> None:
        """An application whose reads of the new side are wrong."""
        with stage.world.client() as client:
            while not over.wait(0.02):
                with client.use(reads_only=True) as use:
                    use.read("admin", 7, old=lambda: "seven", new=lambda: "eight")

    reader = threading.Thread(target=misread)
    reader.start()
    try:
        states = stage.run("dual_write", {"migration": NAME})
    finally:
        over.set()
        reader.join()
    assert states["shadow_reads"] == "failed" and states["call_off"] == "success", states
    assert states["read_new"] == "upstream_failed" and states["run"] == "failed"
    failed = [s.error for s in stage.journal.steps(stage.latest().run_id) if s.name == "shadow_reads" and s.error]
    assert "reads got another answer from the other side, the first: admin 7" in str(failed[-1])
    back = stage.run("rollback_dual_write", {"run": stage.latest().run_id, "new_side": "keep"})
    assert back["run"] == "success" and stage.world.sql("SELECT count(*) FROM accounts") == [(40,)]
    assert stage.world.flags.get(NAME).mode is Mode.OLD_ONLY


def test_too_few_instances_are_named_before_anything_is_touched(stage: DualStage) -> None:
    states = stage.run("dual_write", {"migration": NAME})
    assert states["preflight"] == "failed" and states["build_new_side"] == "upstream_failed", states
    failed = next(s.error for s in stage.journal.steps(stage.latest().run_id) if s.name == "preflight" and s.error)
    assert "0 instances of the application follow the flag, not 1" in failed
    assert stage.world.left() == []


def test_a_planted_difference_is_found_named_and_mended(stage: DualStage) -> None:
    ctx = stage.world.begin(f"{NAME}.planted")
    dual_write.build(ctx)
    dual_write.backfill(ctx)
    with psycopg.connect(stage.world.info.conninfo(), autocommit=True) as db:
        db.execute("SET session_replication_role = replica")
        db.execute("ALTER TABLE accounts DISABLE TRIGGER ALL")
        db.execute("UPDATE accounts SET email = 'planted' WHERE id = 7; DELETE FROM accounts WHERE id = 9")
        db.execute("ALTER TABLE accounts ENABLE TRIGGER ALL")
    (wrong,) = [check for check in dual_write.verify(ctx) if not check["ok"] and check["object"] == "public.accounts"]
    assert sorted(key["id"] for key in wrong["figures"]["first_keys"]) == ["7", "9"]
    done = dual_write.repair(ctx)
    assert {"table": "public.accounts", "found": 2, "mended": 2, "left": 0} in done["tables"]
    assert all(check["ok"] for check in dual_write.verify(ctx))
