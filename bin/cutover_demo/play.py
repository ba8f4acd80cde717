"""The play: migrate the shop while it is open, perhaps go back, and count."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cutover.journal.records import Run
from cutover_demo.act import Act
from cutover_demo.count import count
from cutover_demo.crowd import Crowd
from cutover_demo.fleet import Fleet
from cutover_demo.follow import Follower, run_of
from cutover_demo.ledger import Ledger
from cutover_demo.options import Options
from cutover_demo.runs import DagRun
from cutover_demo.scoreboard import Scoreboard
from cutover_demo.shows.show import Show
from cutover_demo.stage import Stage
from localstack.airflow_api import DONE
from localstack.errors import StackError


@dataclass(slots=True)
class Play:
    """Run :meth:`perform` once, on a stage that has been prepared.

    :param crowd: who writes beside the fleet.
    :param acts: the DAG runs by what they are for: ``migration``, ``rollback`` ...
    """

    stage: Stage
    show: Show
    options: Options
    fleet: Fleet
    crowd: Sequence[Crowd] = ()
    acts: dict[str, Act] = field(default_factory=dict)

    def perform(self) -> Scoreboard:
        """Open the shop, migrate, close it, and return the figures."""
        with self.fleet.writing(), contextlib.ExitStack() as others:
            for each in self.crowd:
                others.enter_context(each)
            self.a_moment("the shop is open")
            self.show.perform(self)
        self.say("the shop is closed; counting")
        return count(self.stage, self.show, self.options, self.acts, Ledger.read(self.fleet.ledger), self.crowd)

    def call_off(self) -> None:
        """The play is broken off: let no DAG run of it go on."""
        for act in self.acts.values():
            if act.state == "running":
                with contextlib.suppress(StackError):
                    act.dag_run.set_state("failed")

    def migrate(self, name: str = "migration", *, auto_approve: bool = True) -> Act:
        """Trigger the show's migration and follow it to its end. :param auto_approve: nobody answers questions."""
        return self.follow(self.begin_migration(name, auto_approve=auto_approve))

    def begin_migration(self, name: str = "migration", *, expected: str = "", auto_approve: bool = True) -> Act:
        """Trigger the show's migration. :param expected: how it should end, where not as the options say."""
        conf: dict[str, Any] = {"migration": self.show.migration, "auto_approve": auto_approve}
        if self.options.fail_at:
            conf["fail_at"] = self.options.fail_at
        expected = expected or ("failed" if self.options.fail_at else "success")
        return self._begin(name, self.show.strategy, conf, step=self.show.cutover_step, expected=expected)

    def go_back(self, run: Run) -> Act:
        """Trigger the rollback of ``run`` and follow it to its end."""
        conf = {"run": run.run_id, "reason": "the demo goes back"}
        return self.follow(self._begin("rollback", f"rollback_{self.show.strategy}", conf, step="roll_back", run=run))

    def follow(self, act: Act, until: Callable[[], bool] = lambda: False) -> Act:
        """Follow a DAG run to its end, or for as long as ``until`` says no; it is still running then."""
        follower = Follower(act.dag_run, self.stage.journal, self.fleet, self.stage.screen, act.told)
        act.state = follower.to_the_end(until=until)
        act.ended = time.monotonic_ns()
        act.run = act.run or run_of(self.stage.journal, act.dag_run)
        if act.state in DONE:
            self.say(f"{act.dag_run.dag_id} ended as {act.state}")
        return act

    def _begin(self, name: str, dag_id: str, conf: dict[str, Any], **more: Any) -> Act:
        api = self.stage.stack.api
        api.wait_for_dag(dag_id)
        act = self.acts[name] = Act(DagRun(api, dag_id, api.trigger(dag_id, conf)), time.monotonic_ns(), **more)
        self.say(f"triggered {act.dag_run.url}")
        return act

    def a_moment(self, what: str) -> None:
        """Let the writers work for about two seconds."""
        self.say(what)
        self.fleet.await_commits(int(self.options.tps * 2), timeout=120)

    def say(self, text: str) -> None:
        self.stage.screen.step(text)
