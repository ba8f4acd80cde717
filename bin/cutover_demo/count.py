"""From a play that is over to its figures: ledger, row diffs, and what the journal says of the steps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cutover.connections import from_environment
from cutover.journal.records import Run
from cutover.postgres.connect import connect
from cutover_demo import audit
from cutover_demo.latency import Latency, measure
from cutover_demo.ledger import Ledger
from cutover_demo.reconcile import reconcile
from cutover_demo.runs import DagRun
from cutover_demo.scoreboard import Leg, Scoreboard
from cutover_demo.stage import Stage
from cutover_demo.verdict import Verdict


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


def count(stage: Stage, options: Options, acts: dict[str, Act], run: Run | None, ledger: Ledger) -> Scoreboard:
    """Return the figures of a play whose writers have stopped.

    :param acts: the DAG runs by dag id, ended.
    :param run: the run in the journal; None where it never began.
    """
    run = stage.journal.get_run(run.run_id) if run else None
    row_diff = _row_diff(stage, run)
    with connect(from_environment("shop"), application="demo/audit") as db:
        verdict = reconcile(ledger, audit.observe(db, stage.untouched))
    swap, fill, back = (_figures(stage, run, step) for step in ("swap", "backfill", "roll_back"))
    latency = measure(ledger.entries)
    return Scoreboard(
        strategy="online",
        run_id=run.run_id if run else "none",
        state=run.state if run else "never begun",
        expected_state="rolled_back" if options.rollback or options.fail_at else "window",
        rows=options.rows,
        seconds_total=round(sum(act.seconds for act in acts.values()), 1),
        pause_ms=swap.get("pause_ms"),
        max_stall_ms=latency.max_stall,
        row_diff=_worst(row_diff, back.get("row_diff"), default=verdict.wrong),
        idle_seconds=round(sum(act.dag_run.idle_seconds() for act in acts.values()), 1),
        load_seconds=round(stage.load_seconds, 1),
        backfill_rows_per_second=fill.get("rows_per_second"),
        migration=_leg(acts.get("online"), ledger, swap, "failed" if options.fail_at else "success"),
        rollback=_leg(acts.get("rollback_online"), ledger, back, "success"),
        **_of_ledger(ledger, verdict, latency),
    )


def _worst(*diffs: int | None, default: int) -> int:
    """Return the largest diff that was made; where none was, the ledger's ``default`` is all there is."""
    return max((diff for diff in diffs if diff is not None), default=default)


def _row_diff(stage: Stage, run: Run | None) -> int | None:
    """Compare live table and follower for the last time, by the engine and by SQL of the demo's own."""
    if not run or run.state != "window":
        return None
    stage.settle(run)
    found = stage.row_diff(run)
    return None if found is None else max(found, stage.own_row_diff(run))


def _figures(stage: Stage, run: Run | None, step: str) -> dict[str, Any]:
    """Return what the journal keeps of the last attempt of a step that was done."""
    steps = stage.journal.steps(run.run_id) if run else []
    return next((each.detail for each in reversed(steps) if each.name == step and each.state == "done"), {})


def _leg(act: Act | None, ledger: Ledger, figures: dict[str, Any], expected: str) -> Leg | None:
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
