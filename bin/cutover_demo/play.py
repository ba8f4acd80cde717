"""The play: migrate the shop while it is open, perhaps go back, and count."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cutover.connections import from_environment
from cutover.journal.records import Run
from cutover.postgres.connect import connect
from cutover_demo import audit
from cutover_demo.fleet import Fleet
from cutover_demo.follow import Follower, run_of
from cutover_demo.latency import Latency, measure
from cutover_demo.ledger import Ledger
from cutover_demo.reconcile import reconcile
from cutover_demo.runs import DagRun
from cutover_demo.scoreboard import Leg, Scoreboard
from cutover_demo.stage import Stage
from cutover_demo.verdict import Verdict
from localstack.errors import StackError

MIGRATION = "orders_v2"


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asked for; see ``bin/demo online --help``."""

    rows: int = 1_000_000
    tps: float = 300
    writers: int = 4
    rollback: bool = False
    fail_at: str | None = None
    keep: bool = False
    json: Path | None = None


@dataclass(slots=True)
class Act:
    """One DAG run of the play, with when it began and ended (monotonic nanoseconds)."""

    dag_run: DagRun
    began: int
    state: str = "running"
    ended: int = 0
    row_diff: int | None = None

    @property
    def seconds(self) -> float:
        return (self.ended - self.began) / 1e9


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
        return self._count()

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

    # -- counting --------------------------------------------------------------------------------

    def _count(self) -> Scoreboard:
        ledger = Ledger.read(self.fleet.ledger)
        row_diff = self._row_diff_now()
        with connect(from_environment("shop"), application="demo/audit") as db:
            verdict = reconcile(ledger, audit.observe(db, self.stage.untouched))
        acts = self.acts.values()
        run = self.stage.journal.get_run(self._run.run_id) if self._run else None
        swap, fill, back = self._figures(run, "swap"), self._figures(run, "backfill"), self._figures(run, "roll_back")
        latency = measure(ledger.entries)
        return Scoreboard(
            strategy="online",
            run_id=run.run_id if run else "none",
            state=run.state if run else "never begun",
            expected_state="rolled_back" if self.options.rollback or self.options.fail_at else "window",
            rows=self.options.rows,
            seconds_total=round(sum(act.seconds for act in acts), 1),
            pause_ms=swap.get("pause_ms"),
            max_stall_ms=latency.max_stall,
            row_diff=verdict.wrong if row_diff is None else row_diff,
            idle_seconds=round(sum(act.dag_run.idle_seconds() for act in acts), 1),
            backfill_rows_per_second=fill.get("rows_per_second"),
            migration=self._leg(self.acts.get("online"), ledger, swap, "failed" if self.options.fail_at else "success"),
            rollback=self._leg(self.acts.get("rollback_online"), ledger, back, "success"),
            **_of_ledger(ledger, verdict, latency),
        )

    def _row_diff_now(self) -> int | None:
        """Compare live table and follower for the last time, by the engine and by SQL of the demo's own."""
        run = self._run and self.stage.journal.get_run(self._run.run_id)
        if not run or run.state != "window":
            return None
        self.stage.settle(run)
        found = self.stage.row_diff(run)
        if found is None:
            return None
        return max(found, self.stage.own_row_diff(run))

    def _figures(self, run: Run | None, step: str) -> dict[str, Any]:
        """Return what the journal keeps of the last attempt of a step that was done."""
        steps = self.stage.journal.steps(run.run_id) if run else []
        return next((each.detail for each in reversed(steps) if each.name == step and each.state == "done"), {})

    def _leg(self, act: Act | None, ledger: Ledger, figures: dict[str, Any], expected: str) -> Leg | None:
        if act is None:
            return None
        during = measure([entry for entry in ledger.entries if act.began <= entry.ended and entry.started <= act.ended])
        return Leg(
            dag_id=act.dag_run.dag_id,
            state=act.state,
            expected_state=expected,
            seconds=round(act.seconds, 1),
            pause_ms=figures.get("pause_ms"),
            max_stall_ms=during.max_stall,
            max_silence_ms=during.max_silence,
            row_diff=figures.get("row_diff", act.row_diff),
            idle_seconds=round(act.dag_run.idle_seconds(), 1),
            tasks=sum(task["start_date"] is not None for task in act.dag_run.tasks()),
        )


def _of_ledger(ledger: Ledger, verdict: Verdict, latency: Latency) -> dict[str, Any]:
    failed = [entry for entry in ledger.entries if entry.outcome in ("failed", "unknown")]
    errors = {f"{entry.kind}: {(entry.error or '').splitlines()[0]}" for entry in failed}
    return {
        "transactions": len(ledger.entries),
        "failed_transactions": len(failed),
        "acknowledged": verdict.acknowledged,
        "lost": verdict.lost,
        "duplicated": verdict.duplicated,
        "wrong": verdict.wrong,
        "unexplained": verdict.unexplained,
        "undone": verdict.undone,
        "unknown": verdict.unknown,
        "latency_ms": {
            "p50": latency.p50,
            "p95": latency.p95,
            "p99": latency.p99,
            "max": latency.max_stall,
            "max_silence": latency.max_silence,
        },
        "findings": [*sorted(errors)[:20], *verdict.findings],
    }
