"""Where the demo plays: the local stack, with a shop that has just been loaded and a journal without open runs."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

from cutover.connections import from_environment
from cutover.context import RunContext
from cutover.journal.records import TERMINAL, Run
from cutover.journal.store import Journal
from cutover.postgres.connect import connect
from cutover.spec.models import Migration
from cutover_demo import shop, sides
from cutover_demo.application import Application
from cutover_demo.errors import DatabaseBusy
from cutover_demo.runs import DagRun
from cutover_demo.screen import Screen
from cutover_demo.shop_application import SHOP
from localstack.connections import variables
from localstack.stack import DATABASE, Stack


class Stage:
    """The running stack, seen from the demo.

    :param ours: the demo has started the stack, so whatever goes on there is left from before and nobody's concern.
    """

    def __init__(self, stack: Stack, screen: Screen, *, ours: bool = False) -> None:
        self.stack, self.screen, self.ours = stack, screen, ours
        os.environ.update(variables(stack.connections()))
        self.journal = Journal(from_environment("cutover_journal"))
        self.untouched: tuple[int, str] = (0, "")
        self.load_seconds = 0.0

    def prepare(self, rows: int, application: Application = SHOP) -> None:
        """Make the database anew on blue and load an application into it; lead clients there, and clear green away.

        :raises DatabaseBusy: a run that has not ended works on it.
        """
        self._retire_runs()
        sides.reset(self.stack)
        with connect(from_environment("shop"), application="demo/load") as db:
            began = time.monotonic()
            called = application.called(rows)
            application.load(self.stack, db, rows, lambda what: self.screen.status(f"loading {called}: {what}"))
            self.load_seconds = time.monotonic() - began
            self.untouched = application.untouched(db)

    def _retire_runs(self) -> None:
        """Give up what earlier demos left open: their database is about to go."""
        for run in self.journal.runs(limit=1000):
            if run.state not in TERMINAL and run.database.endswith(f"/{DATABASE}"):
                if run.active and self._in_airflow(run):
                    self._end(run)
                self.journal.set_state(run.run_id, "aborted", reason="the demo made its database anew")

    def _end(self, run: Run) -> None:
        if not self.ours:
            raise DatabaseBusy(
                f"run {run.run_id!r} is {run.state} on the shop's database.",
                fix="let it end or mark its running task failed in Airflow, then start the demo again.",
            )
        DagRun(self.stack.api, str(run.dag_id), str(run.dag_run_id)).set_state("failed")

    def _in_airflow(self, run: Run) -> bool:
        path = f"/dags/{run.dag_id}/dagRuns?state=running&state=queued&limit=100"
        return run.dag_run_id in {each["dag_run_id"] for each in self.stack.api.get(path)["dag_runs"]}

    def writers_login(self) -> str:
        """Return the application's way in: through the pooler."""
        return self.stack.pooler.info("shop_pooled", DATABASE, shop.WRITER).conninfo()

    def context(self, run: Run) -> RunContext:
        """Return what the engine's functions take."""
        return RunContext(run.run_id, Migration.from_snapshot(run.spec), self.journal, from_environment)


@contextlib.contextmanager
def standing(stack: Stack, screen: Screen, *, keep: bool) -> Iterator[Stage]:
    """Bring the stack up; at the end of the block take down what was not running before, unless it is to be kept."""
    was_running = any(cluster.pid is not None for cluster in stack.clusters.values())
    screen.line("Starting the local stack" if not was_running else "Using the local stack that is running")
    stack.up(say=screen.line)
    try:
        yield Stage(stack, screen, ours=not was_running)
    finally:
        screen.close()
        if was_running or keep:
            screen.line(f"The local stack goes on: {stack.airflow.url}; bin/down stops it.")
        else:
            screen.line("Stopping the local stack")
            stack.down(say=screen.line)
