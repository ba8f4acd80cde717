"""Follow a DAG run to its end: which task runs, how far it is, and how the application fares meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover_demo import interrupts
from cutover_demo.errors import RunStuck
from cutover_demo.fleet import Fleet
from cutover_demo.runs import DagRun, Task
from cutover_demo.screen import Screen

if TYPE_CHECKING:
    from cutover.journal.records import Progress

FRESH = timedelta(seconds=10)
OVER = ("success", "failed", "upstream_failed", "skipped", "removed")


class Follower:
    """Shows one DAG run on ``screen`` until it ends.

    :param told: the tasks that were told already, with their states.
    """

    def __init__(
        self, dag_run: DagRun, journal: Journal, fleet: Fleet, screen: Screen, told: dict[str, str] | None = None
    ) -> None:
        self.dag_run, self.journal, self.fleet, self.screen = dag_run, journal, fleet, screen
        self._told: dict[str, str] = {} if told is None else told

    def to_the_end(self, seconds: float = 1800, *, until: Callable[[], bool] = lambda: False) -> str:
        """Return the DAG run's final state; or that of the moment in which ``until`` says yes.

        :raises RunStuck: it has not ended in time.
        :raises WriterDied: a writer has ended by itself.
        """
        end = time.monotonic() + seconds
        while not self.dag_run.over and not until():
            if time.monotonic() > end:
                raise RunStuck(f"{self.dag_run.dag_run_id} has not ended after {seconds:.0f} s.", fix=self.dag_run.url)
            interrupts.check()
            self.fleet.check()
            self._show(self.dag_run.tasks())
            time.sleep(0.4)
        self._show(self.dag_run.tasks())
        return self.dag_run.state

    def _show(self, tasks: list[Task]) -> None:
        for task in tasks:
            self._tell(task)
        running = [str(task["task_id"]) for task in tasks if task["state"] not in (*OVER, None, "scheduled", "queued")]
        progress = _progress(self._progress())
        writers = f"{self.fleet.committed:,} commits, {self.fleet.failed} failed, slowest {self.fleet.worst_ms:.0f} ms"
        self.screen.status(" · ".join(part for part in (", ".join(running) or "…", progress, writers) if part))

    def _tell(self, task: Task) -> None:
        """Leave a line behind for each task that has ended."""
        name, state = str(task["task_id"]), str(task["state"])
        if state == self._told.get(name) or state not in OVER:
            return
        self._told[name] = state
        if state in ("success", "failed"):
            took = f"{task['duration'] or 0:6.1f} s"
            self.screen.step(f"{name:<18} {state:<8} {took}")

    def _progress(self) -> list[Progress]:
        run = run_of(self.journal, self.dag_run)
        return self.journal.get_progress(run.run_id) if run else []


def run_of(journal: Journal, dag_run: DagRun) -> Run | None:
    """Return the run that a strategy's DAG run has begun."""
    return next((run for run in journal.runs(limit=50) if run.dag_run_id == dag_run.dag_run_id), None)


def _progress(items: list[Progress]) -> str:
    """Return the youngest progress that is not complete: ``backfill shop.orders 42 % (120,000/s, 5 s left)``.

    What nobody has brought up to date for a while says nothing of the task that runs now.
    """
    since = datetime.now(UTC) - FRESH
    open_items = [item for item in items if item.total and item.done < item.total and item.updated_at > since]
    if not open_items:
        return ""
    item = max(open_items, key=lambda each: each.updated_at)
    share = 100 * item.done / (item.total or 1)
    rate = f"{item.rate:,.0f}/s" if item.rate else ""
    left = f"{item.eta_seconds:.0f} s left" if item.eta_seconds is not None else ""
    more = ", ".join(part for part in (rate, left) if part)
    return f"{item.step} {item.item} {share:.0f} %" + (f" ({more})" if more else "")
