"""``bin/demo dual_write`` as people run it: there, and back from the middle of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from localstack.environment import child_environment
from localstack.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
SMALL = ("--rows", "20000", "--tps", "80", "--apps", "2")
ZEROS = ("failed_transactions", "lost", "duplicated", "row_diff", "wrong", "unexplained")


def figures(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    """Run the demo on the stack that is running; return its scoreboard."""
    board = tmp_path / "board.json"
    command = [sys.executable, "-u", "-m", "cutover_demo", "dual_write", *SMALL, *arguments, "--json", str(board)]
    done = subprocess.run(command, env=child_environment(), capture_output=True, text=True, check=False)
    assert board.exists(), done.stdout + done.stderr
    found: dict[str, Any] = json.loads(board.read_text())
    assert (done.returncode, found["problems"]) == (0, []), done.stdout + done.stderr
    assert {name: found[name] for name in ZEROS} == dict.fromkeys(ZEROS, 0)
    assert found["acknowledged"] > 500
    assert found["reads"]["reads"] > 0
    assert found["reads"]["mismatches"] == 0
    return found


def test_planted_mismatches_are_found_named_and_mended_before_the_new_side_is_written(
    stack: Stack, tmp_path: Path
) -> None:
    found = figures(tmp_path)
    assert (found["state"], found["live"], found["mode"], found["instances"]) == ("window", "new", "new_only", 2)
    assert [each["what"] for each in found["versions"]] == [
        "write_both",
        "shadow_reads",
        *(f"read_new, {share} %" for share in (1, 10, 50, 100)),
    ]
    assert 0 < found["pause_ms"] < 3000
    planting = found["planting"]
    assert planting["read"] == ["1", "2", "3", "4", "5"]
    assert planting["named"] == planting["planted"]
    assert (len(planting["planted"]), planting["repaired"], planting["clean"]) == (5, 5, True)


def test_going_back_while_half_of_the_reads_are_new_loses_nothing(stack: Stack, tmp_path: Path) -> None:
    found = figures(tmp_path, "--rollback")
    assert (found["state"], found["live"], found["mode"]) == ("rolled_back", "old", "old_only")
    assert (found["migration"]["state"], found["rollback"]["state"]) == ("failed", "success")
    assert found["planting"] == {}
    assert "read_new, 50 %" in [each["what"] for each in found["versions"]]
