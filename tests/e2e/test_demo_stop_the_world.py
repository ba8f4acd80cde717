"""``bin/demo stop_the_world`` as people run it: a window, the way back by restoring, and a check that fails."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from localstack.environment import child_environment
from localstack.stack import DATABASE, Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
SMALL = ("--rows", "20000", "--tps", "100")
ZEROS = ("failed_transactions", "lost", "duplicated", "row_diff", "wrong", "unexplained")
# What was promised depends on whose machine it is; the tests run where other tests run too.
SPEED = ("the downtime was",)
LEFT = """
    SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname LIKE 'cutover%'
    UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE tgname LIKE 'cutover%'
    UNION ALL SELECT 'database ' || datname FROM pg_database WHERE datname LIKE 'cutover%' OR datname LIKE '%before%'
"""


def demo(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    """Run the demo on the stack that is running; return its scoreboard."""
    board = tmp_path / "board.json"
    command = [sys.executable, "-u", "-m", "cutover_demo", "stop_the_world", *SMALL, *arguments, "--json", str(board)]
    ran = subprocess.run(command, env=child_environment(), text=True, capture_output=True, check=False)
    assert board.exists(), ran.stdout + ran.stderr
    found: dict[str, Any] = json.loads(board.read_text())
    wrong = [problem for problem in found["problems"] if not problem.startswith(SPEED)]
    assert wrong == [], ran.stdout + ran.stderr
    assert {name: found[name] for name in ZEROS} == dict.fromkeys(ZEROS, 0)
    assert found["backup_mb_s"] > 0 and found["restore_mb_s"] > 0
    return found


def left(stack: Stack) -> list[str]:
    with stack.blue.connect(DATABASE) as db:
        return [row[0] for row in db.execute(LEFT)]


def test_clients_wait_for_as_long_as_the_engine_says(stack: Stack, tmp_path: Path) -> None:
    found = demo(tmp_path)
    assert (found["strategy"], found["state"], found["migration"]["state"]) == ("stop_the_world", "window", "success")
    assert found["acknowledged"] > 500
    # From outside: the client that waited longest was there for most of it, and nobody waited for longer.
    slowest = found["max_stall_ms"] / 1000
    assert found["downtime_s"] * 0.5 < slowest < found["downtime_s"] + 2
    assert 0 < found["forecast_s"][0] < found["forecast_s"][1]


def test_the_way_back_restores_every_row(stack: Stack, tmp_path: Path) -> None:
    found = demo(tmp_path, "--rollback")
    assert (found["state"], found["rollback"]["state"], found["rollback"]["row_diff"]) == ("rolled_back", "success", 0)
    assert found["back_s"] > 0
    assert left(stack) == []


def test_a_check_that_fails_behind_closed_doors_opens_them_to_the_old_state(stack: Stack, tmp_path: Path) -> None:
    found = demo(tmp_path, "--fail-at", "verify")
    assert (found["state"], found["migration"]["state"], found["rollback"]) == ("rolled_back", "failed", None)
    assert found["acknowledged"] > 500, "the clients went on afterwards"
    assert left(stack) == []
