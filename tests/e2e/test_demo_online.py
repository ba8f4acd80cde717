"""``bin/demo online`` as people run it: there, back, and when a step fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from cutover.connections import from_environment
from cutover.journal.store import Journal
from localstack.connections import variables
from localstack.environment import child_environment
from localstack.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
SMALL = ("--rows", "40000", "--tps", "150")
ZEROS = ("failed_transactions", "lost", "duplicated", "row_diff", "wrong", "unexplained")


def demo(*arguments: str, **more: Any) -> subprocess.Popen[str]:
    """Start the demo on the stack that is running."""
    command = [sys.executable, "-u", "-m", "cutover_demo", "online", *SMALL, *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, env=child_environment(), text=True, **pipes, **more)  # type: ignore[call-overload]


def figures(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    """Run the demo to its end; return its scoreboard."""
    board = tmp_path / "board.json"
    process = demo(*arguments, "--json", str(board))
    said, _ = process.communicate()
    assert board.exists(), said
    found: dict[str, Any] = json.loads(board.read_text())
    assert (process.returncode, found["problems"]) == (0, []), said
    assert "PASSED" in said
    return found


def check_zeros(found: dict[str, Any]) -> None:
    assert {name: found[name] for name in ZEROS} == dict.fromkeys(ZEROS, 0)
    assert found["acknowledged"] > 500
    assert found["rows"] == 40000


def test_there_and_back_loses_nothing(stack: Stack, tmp_path: Path) -> None:
    found = figures(tmp_path, "--rollback")
    check_zeros(found)
    assert (found["state"], found["migration"]["state"], found["rollback"]["state"]) == (
        "rolled_back",
        "success",
        "success",
    )
    for leg in (found["migration"], found["rollback"]):
        assert leg["row_diff"] == 0
        assert 0 < leg["pause_ms"] < 3000
        assert leg["idle_seconds"] < leg["seconds"]
    assert found["backfill_rows_per_second"] > 0
    assert stack.airflow.unhealthy() == []  # it was running before, so it is left running


def test_a_failure_after_the_swap_takes_the_run_back_by_itself(stack: Stack, tmp_path: Path) -> None:
    found = figures(tmp_path, "--fail-at", "swap")
    check_zeros(found)
    assert (found["state"], found["migration"]["state"], found["rollback"]) == ("rolled_back", "failed", None)
    tasks = stack.api.get("/dags/rollback_online/dagRuns?order_by=-run_after&limit=1")["dag_runs"]
    assert tasks[0]["dag_run_id"] == f"rollback__{found['run_id']}"
    assert tasks[0]["state"] == "success"


def test_ctrl_c_ends_the_writers_and_calls_the_run_off(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables(stack.connections()).items():
        monkeypatch.setenv(name, value)
    process = demo(start_new_session=True)
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if "backfill" in line or "build_shadow" in line:
            break
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does: the writers get it as well
    rest, _ = process.communicate(timeout=120)
    assert process.returncode == 130, "".join(said) + rest
    assert "Traceback" not in rest
    assert not _alive(process.pid), "writers were left behind"
    with Journal(from_environment("cutover_journal")) as journal:
        run = journal.latest_run("orders_v2")
        assert run is not None
    assert stack.api.get(f"/dags/online/dagRuns/{run.dag_run_id}")["state"] == "failed"


def _alive(group: int, patience: float = 5) -> bool:
    """Tell whether a process of the group is left; one that has just been reaped may take a moment to vanish."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    return True
