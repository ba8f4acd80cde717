"""An operator's abort: the running task is marked failed as the UI does it, and the run takes itself back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from cutover.connections import from_environment
from cutover.journal.store import Journal
from cutover_demo import audit
from cutover_demo.runs import DagRun
from cutover_demo.screen import Screen
from cutover_demo.stage import Stage
from localstack.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
ROWS = 20_000
WORKING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE application_name LIKE 'cutover/%/backfill' AND state = 'active' AND query ~ 'INSERT'
"""
LEFTOVERS = """
    SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname LIKE 'cutover\\_%'
    UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE tgname LIKE 'cutover%'
    UNION ALL SELECT 'relation ' || relname FROM pg_class WHERE relnamespace = to_regnamespace('cutover')
        AND relname ~ '^(log|fill|stuck)_'
"""


@pytest.fixture(scope="module")
def stage(stack: Stack) -> Stage:
    """A shop on which nothing runs."""
    made = Stage(stack, Screen())
    made.prepare(ROWS)
    return made


@pytest.fixture
def watching(stage: Stage) -> Iterator[psycopg.Connection[Any]]:
    """A superuser's session on the shop."""
    with stage.stack.blue.connect("shop") as db:
        yield db


def await_(reached: Callable[[], bool], what: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, f"no {what} within {seconds} s"
        time.sleep(0.01)


def busy(db: psycopg.Connection[Any]) -> int:
    row = db.execute(WORKING).fetchone()
    assert row is not None
    return int(row[0])


def test_marking_the_task_failed_ends_its_query_and_takes_the_run_back(
    stage: Stage, watching: psycopg.Connection[Any]
) -> None:
    api = stage.stack.api
    api.wait_for_dag("online")
    conf = {"migration": "orders_slow", "auto_approve": True}
    run = DagRun(api, "online", api.trigger("online", conf))
    await_(lambda: busy(watching) > 0, "statement of the backfill", 180)

    marked = time.monotonic()
    run.set_task_state("backfill", "failed")
    await_(lambda: busy(watching) == 0, "end of the statement", 30)
    took = time.monotonic() - marked

    await_(lambda: run.over, "end of the run", 180)
    assert run.state == "failed"
    assert api.get("/dags/rollback_online/dagRuns?limit=1&order_by=-run_after")["dag_runs"][0]["state"] == "success"
    with Journal(from_environment("cutover_journal")) as journal:
        found = journal.latest_run("orders_slow")
    assert found is not None
    assert found.state == "rolled_back"
    assert "backfill" in (found.reason or "")
    assert watching.execute(LEFTOVERS).fetchall() == []
    assert audit.untouched(watching) == stage.untouched
    # About a second on a quiet machine; what must not happen is that it runs on until the backfill is done.
    assert took < 10, f"the statement ran on for {took:.2f} s"
