"""Whole runs of a change in place, and of its way back, with an application that follows the flag."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cutover.connections import ConnectionInfo
from cutover.flags import Mode
from cutover.journal.store import Journal
from support.connections import Connections
from support.dag_runs import run_dag
from support.in_place_runs import NAME, Application, InPlaceRun

pytestmark = [pytest.mark.dags, pytest.mark.slow]


def test_there_and_back_and_there_again_for_good(
    tmp_path: Path,
    database: ConnectionInfo,
    journal: Journal,
    make_connection: Connections,
    load_dag: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_connection("shop", database)
    make_connection("cutover_journal", journal.info)
    monkeypatch.setenv("CUTOVER_MIGRATIONS", str(tmp_path))
    reads = {"shadow": 100, "steps": [10, 100], "hold": "0s"}
    world = InPlaceRun(tmp_path, database, journal, cutover={"approval": "auto"}, flags={"instances": 1}, reads=reads)
    journal.set_state(world.ctx.run_id, "aborted")
    application = Application(world, 10_000)
    application.start()
    try:
        there = run_dag(load_dag("dual_write"), {"migration": NAME})
        run = journal.latest_run(NAME)
        assert there["run"] == "success" and run is not None and run.state == "window", there
        assert run.window_ends_at is not None
        plan = journal.document(run.run_id, "plan.md").text
        assert "3 new columns, public.orders becomes purchases" in plan and "Nobody is held for that" in plan
        back = run_dag(load_dag("rollback_dual_write"), {"run": run.run_id, "reason": "to see that it works"})
        assert back["run"] == "success" and world.shape() == world.before, back
        assert world.flags.get(NAME).mode is Mode.OLD_ONLY
        again = run_dag(load_dag("dual_write"), {"migration": NAME})
        run = journal.latest_run(NAME)
        assert again["run"] == "success" and run is not None, again
        end = run_dag(load_dag("finalize"), {"run": run.run_id, "early": True})
        assert end["run"] == "success", end
    finally:
        application.stop()
        world.close()
    world.kept([application])
    columns = [row[2] for row in world.shape() if row[:2] == ("column", "people")]
    assert "name" not in columns and not world.has("orders")
