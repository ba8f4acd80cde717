"""From a play that is over to its figures: ledger, row diffs, and what the journal says of the steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cutover.connections import from_environment
from cutover.postgres.connect import connect
from cutover_demo.act import Act
from cutover_demo.crowd import Crowd, CrowdVerdict
from cutover_demo.latency import Latency, measure
from cutover_demo.ledger import Entry, Ledger
from cutover_demo.options import Options
from cutover_demo.reconcile import reconcile
from cutover_demo.scoreboard import Leg, Scoreboard
from cutover_demo.shows.show import Show
from cutover_demo.stage import Stage
from cutover_demo.steps import figures_of
from cutover_demo.verdict import Verdict


def count(
    stage: Stage, show: Show, options: Options, acts: Mapping[str, Act], ledger: Ledger, others: Sequence[Crowd]
) -> Scoreboard:
    """Return the figures of a play whose writers have stopped.

    :param acts: the DAG runs, ended.
    :param others: who wrote beside the fleet.
    """
    run = next((act.run for act in reversed(list(acts.values())) if act.run), None)
    run = stage.journal.get_run(run.run_id) if run else None
    final = show.row_diff(stage, run) if run else None
    with connect(from_environment(show.live(stage)), application="demo/audit") as db:
        verdict = reconcile(ledger, show.application.observe(db, stage.untouched))
        more = show.application.judge(others, db)
    entries = [*ledger.entries, *(entry for each in others for entry in each.entries())]
    legs = {name: _leg(stage, name, act, entries) for name, act in acts.items()}
    latency = measure(entries)
    cutover = legs.get("again") or legs["migration"]
    figures = {
        "strategy": show.strategy,
        "run_id": run.run_id if run else "none",
        "state": run.state if run else "never begun",
        "expected_state": show.expected_state(options),
        "rows": options.rows,
        "seconds_total": round(sum(act.seconds for act in acts.values()), 1),
        "pause_ms": cutover.pause_ms,
        "max_stall_ms": latency.max_stall,
        "row_diff": _worst(final, *(leg.row_diff for leg in legs.values()), default=verdict.wrong),
        "idle_seconds": round(sum(act.dag_run.idle_seconds() for act in acts.values()), 1),
        "load_seconds": round(stage.load_seconds, 1),
        **legs,
        **_of_writers(entries, verdict, more, latency),
    }
    return show.board(stage, acts, others, figures)


def _worst(*diffs: int | None, default: int) -> int:
    """Return the largest diff that was made; where none was, the ledger's ``default`` is all there is."""
    return max((diff for diff in diffs if diff is not None), default=default)


def _leg(stage: Stage, name: str, act: Act, entries: Sequence[Entry]) -> Leg:
    during = measure([entry for entry in entries if act.began <= entry.ended and entry.started <= act.ended])
    figures = figures_of(stage.journal, act.run, act.step)
    exact = figures.get("exact") or {}
    return Leg(
        title=name,
        dag_id=act.dag_run.dag_id,
        state=act.state,
        expected_state=act.expected,
        seconds=round(act.seconds, 1),
        pause_ms=figures.get("pause_ms"),
        max_stall_ms=during.max_stall,
        max_silence_ms=during.max_silence,
        row_diff=figures.get("row_diff", exact.get("row_diff", act.row_diff)),
        idle_seconds=round(act.dag_run.idle_seconds(), 1),
        tasks=sum(task["start_date"] is not None for task in act.dag_run.tasks()),
    )


def _of_writers(entries: Sequence[Entry], verdict: Verdict, more: CrowdVerdict, latency: Latency) -> dict[str, Any]:
    failed = [entry for entry in entries if entry.outcome in ("failed", "unknown")]
    errors = {f"{entry.kind}: {(entry.error or '').splitlines()[0]}" for entry in failed}
    return {
        "transactions": len(entries),
        "failed_transactions": len(failed),
        "acknowledged": sum(entry.outcome == "ack" for entry in entries),
        "lost": verdict.lost + more.lost,
        "duplicated": verdict.duplicated + more.duplicated,
        "wrong": verdict.wrong + more.wrong,
        "unexplained": verdict.unexplained + more.unexplained,
        "undone": verdict.undone,
        "unknown": verdict.unknown,
        "latency_ms": {
            "p50": latency.p50,
            "p95": latency.p95,
            "p99": latency.p99,
            "max": latency.max_stall,
            "max_silence": latency.max_silence,
        },
        "findings": [*sorted(errors)[:20], *verdict.findings, *more.findings],
    }
