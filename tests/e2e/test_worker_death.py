"""A worker that dies with its task in the middle of a backfill: Airflow tries again, and the run converges."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from cutover.connections import from_environment
from cutover.journal.store import Journal
from cutover_demo.follow import run_of
from cutover_demo.runs import DagRun
from cutover_demo.screen import Screen
from cutover_demo.shows import online
from cutover_demo.stage import Stage
from localstack.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
ROWS = 20_000
# Slow enough to be met in the middle: forty batches, and a pause after each.
CONF: dict[str, Any] = {"migration": "orders_v2", "auto_approve": True, "batch_rows": 500, "pause_seconds": 0.3}


@pytest.fixture(scope="module")
def stage(stack: Stack) -> Stage:
    made = Stage(stack, Screen())
    made.prepare(ROWS)
    return made


def copied(journal: Journal, run_id: str) -> int:
    return sum(each.done for each in journal.get_progress(run_id) if each.step == "backfill")


def workers_of(task: dict[str, Any]) -> list[int]:
    """Return the pids of everything that executes a task: the executor's worker and the process it has forked."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_text()
            except OSError:
                continue
            if line.startswith("airflow worker") and task["id"] in line:
                found.append(int(entry.name))
    return found


def test_a_worker_that_is_killed_in_the_middle_of_a_backfill_is_made_up_for(stage: Stage) -> None:
    api = stage.stack.api
    api.wait_for_dag("online")
    dag_run = DagRun(api, "online", api.trigger("online", CONF))
    with Journal(from_environment("cutover_journal")) as journal:
        end = time.monotonic() + 120
        while not (run := run_of(journal, dag_run)) or not 1000 < copied(journal, run.run_id) < ROWS - 1000:
            assert time.monotonic() < end, "no backfill to be met in the middle"
            time.sleep(0.05)
        task = next(each for each in dag_run.tasks() if each["task_id"] == "backfill")
        killed = workers_of(task)
        assert len(killed) == 2, "the worker and its task"
        for pid in killed:
            os.kill(pid, signal.SIGKILL)

        end = time.monotonic() + 300
        while not dag_run.over:
            assert time.monotonic() < end, "the run did not end"
            time.sleep(0.2)
        assert dag_run.state == "success"
        run = journal.get_run(run.run_id)
        assert run.state == "window"
        assert [step.attempt for step in journal.steps(run.run_id) if step.name == "backfill"] == [1, 2]
        assert all(check.ok for check in journal.checks(run.run_id) if check.severity == "error")
        online.settle(stage, run)
        assert online.differing(stage, run) == 0

        back = DagRun(api, "rollback_online", api.trigger("rollback_online", {"run": run.run_id, "reason": "a test"}))
        end = time.monotonic() + 120
        while not back.over:
            assert time.monotonic() < end, "the rollback did not end"
            time.sleep(0.2)
        assert back.state == "success"
