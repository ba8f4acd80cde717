"""The play: migrate the shop while it is open, perhaps go back, and count."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import Any

from cutover.journal.records import Run
from cutover_demo.count import Act, Options, count
from cutover_demo.fleet import Fleet
from cutover_demo.follow import Follower, run_of
from cutover_demo.ledger import Ledger
from cutover_demo.runs import DagRun
from cutover_demo.scoreboard import Scoreboard
from cutover_demo.stage import Stage
from localstack.errors import StackError

MIGRATION = "orders_v2"


@dataclass(slots=True)
class Play:
    """Run :meth:`perform` once, on a stage that has been prepared."""

    stage: Stage
    options: Options
    fleet: Fleet
    acts: dict[str, Act] = field(default_factory=dict)
    _run: Run | None = field(default=None, repr=False)

    def perform(self) -> Scoreboard:
        """Open the shop, migrate, close it, and return the figures."""
        with self.fleet.writing():
            self._a_moment("the shop is open")
            migration = self._act("online", self._conf())
            self._run = run_of(self.stage.journal, migration.dag_run)
            if self._run and migration.state == "success":
                self._after_the_swap(self._run, migration)
        self._say("the shop is closed; counting")
        return count(self.stage, self.options, self.acts, self._run, Ledger.read(self.fleet.ledger))

    def call_off(self) -> None:
        """The play is broken off: let no DAG run of it go on."""
        for act in self.acts.values():
            if act.state == "running":
                with contextlib.suppress(StackError):
                    act.dag_run.set_state("failed")

    def _conf(self) -> dict[str, Any]:
        conf: dict[str, Any] = {"migration": MIGRATION, "auto_approve": True}
        return {**conf, "fail_at": self.options.fail_at} if self.options.fail_at else conf

    def _after_the_swap(self, run: Run, migration: Act) -> None:
        """Roll out the shop's second release; to go back, take it in again before the database goes back."""
        self.fleet.release(2)
        self._a_moment("the second release writes to what is new")
        if not self.options.rollback:
            return
        self.fleet.release(1)
        self._say("comparing both sides while the shop is open")
        migration.row_diff = self.stage.row_diff(run)
        self._act("rollback_online", {"run": run.run_id, "reason": "the demo goes back"})
        self._a_moment("back on the old table, and still open")

    def _act(self, dag_id: str, conf: dict[str, Any]) -> Act:
        api = self.stage.stack.api
        api.wait_for_dag(dag_id)
        act = self.acts[dag_id] = Act(DagRun(api, dag_id, api.trigger(dag_id, conf)), time.monotonic_ns())
        self._say(f"triggered {act.dag_run.url}")
        act.state = Follower(act.dag_run, self.stage.journal, self.fleet, self.stage.screen).to_the_end()
        act.ended = time.monotonic_ns()
        self._say(f"{dag_id} ended as {act.state}")
        return act

    def _a_moment(self, what: str) -> None:
        """Let the writers work for about two seconds."""
        self._say(what)
        self.fleet.await_commits(int(self.options.tps * 2), timeout=120)

    def _say(self, text: str) -> None:
        self.stage.screen.step(text)
