"""How long the baseline queries of the spec take on the live side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from cutover.context import Db, RunContext
from cutover.journal.check import Check
from cutover.observing import verdicts
from cutover.observing.subject import Subject, search_path
from cutover.validation.baseline import BaselineSide, measure
from cutover.validation.baseline.queries import Query, split

# The check of the baseline gate, and how much longer than it a query may take.
GATE, VARIES = "BASELINE", 1.5


def take(ctx: RunContext, of: Subject) -> Iterator[Check]:
    """Judge the slowest. One that is too slow, or fails, is asked a second time, and the better time counts."""
    if not ctx.spec.baseline_sql:
        return
    queries = split(ctx.spec.baseline_sql)
    limits = _limits(ctx, queries, of.thresholds.query_ms)
    # Longer than this nobody has to wait to know that it is too slow.
    timeout = min(2 * max(limits.values(), default=0.0) / 1000, max(of.patience / 3, 1.0))
    times: dict[str, float] = {}
    broken: dict[str, str] = {}
    with measure.session(BaselineSide("live", of.live, search_path(ctx)), timeout, ctx.cancel) as db:
        for query in queries:
            for _ in range(2):
                found = _once(ctx, db, query, timeout)
                if isinstance(found, str):
                    broken[query.name] = found
                    continue
                broken.pop(query.name, None)
                times[query.name] = min(found, times.get(query.name, found))
                if found <= limits[query.name]:
                    break
    yield _check(times, broken, limits, of.thresholds.query_ms, timeout * 1000)


def _limits(ctx: RunContext, queries: Sequence[Query], usual: float) -> dict[str, float]:
    """Return the limit of each query: one that took longer before the cutover is none of its faults.

    By what the baseline gate has measured on the old side, and half as much again, since it is never the same.
    """
    gate = {each.object: each.figures.get("left_ms") for each in ctx.journal.checks(ctx.run_id) if each.code == GATE}
    return {query.name: max(usual, VARIES * float(gate.get(query.name) or 0.0)) for query in queries}


def _once(ctx: RunContext, db: Db, query: Query, timeout: float) -> float | str:
    """Return the milliseconds, or why it fails; one that was cancelled has taken ``timeout`` at least."""
    try:
        return measure.once(db, query)[0]
    except psycopg.errors.QueryCanceled:
        ctx.cancel.check()
        return timeout * 1000
    except psycopg.Error as error:
        if db.closed:
            raise
        return error.diag.message_primary or str(error).strip()


def _check(
    times: dict[str, float], broken: dict[str, str], limits: dict[str, float], usual: float, timeout: float
) -> Check:
    figures: dict[str, Any] = {"milliseconds": {name: round(value, 2) for name, value in times.items()}}
    if broken:
        name, why = next(iter(broken.items()))
        return verdicts.found(
            "OBSERVE_QUERIES", False, f"{name} cannot be executed: {why}", figures={**figures, "broken": broken}
        )
    # Nearest to its limit, or farthest beyond it; of several that are alike, the slowest.
    name = max(times, key=lambda each: (times[each] / limits[each], times[each]), default="")
    value, limit = times.get(name, 0.0), limits.get(name, usual)
    stopped = [each for each in times if timeout <= times[each] <= limits[each]]
    if stopped and value <= limit:
        why = f"{stopped[0]} was stopped after {timeout:.0f} ms: raise observe.patience"
        return verdicts.untaken("OBSERVE_QUERIES", why)
    more = " or more" if value >= timeout else ""
    text = f"the slowest of {len(times)} takes {value:.1f} ms{more}: {name}"
    if limit > usual:
        text += f", where {limit / VARIES:.1f} ms were usual"
    return verdicts.judged("OBSERVE_QUERIES", value, limit, text, unit="ms", figures=figures)
