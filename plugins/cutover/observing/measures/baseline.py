"""How long the baseline queries of the spec take on the live side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from cutover.context import Db, RunContext
from cutover.journal.check import Check
from cutover.observing import verdicts
from cutover.observing.subject import Subject, search_path
from cutover.validation.baseline import BaselineSide, measure
from cutover.validation.baseline.queries import Query, split


def take(ctx: RunContext, of: Subject) -> Iterator[Check]:
    """Judge the slowest. One that is too slow, or fails, is asked a second time, and the better time counts."""
    if not ctx.spec.baseline_sql:
        return
    limit = of.thresholds.query_ms
    # Longer than this nobody has to wait to know that it is too slow.
    timeout = min(2 * limit / 1000, max(of.patience / 3, 1.0))
    times: dict[str, float] = {}
    broken: dict[str, str] = {}
    with measure.session(BaselineSide("live", of.live, search_path(ctx)), timeout, ctx.cancel) as db:
        for query in split(ctx.spec.baseline_sql):
            for _ in range(2):
                found = _once(ctx, db, query, timeout)
                if isinstance(found, str):
                    broken[query.name] = found
                    continue
                broken.pop(query.name, None)
                times[query.name] = min(found, times.get(query.name, found))
                if found <= limit:
                    break
    yield _check(times, broken, limit, timeout * 1000)


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


def _check(times: dict[str, float], broken: dict[str, str], limit: float, timeout: float) -> Check:
    figures: dict[str, Any] = {"milliseconds": {name: round(value, 2) for name, value in times.items()}}
    if broken:
        name, why = next(iter(broken.items()))
        return verdicts.found(
            "OBSERVE_QUERIES", False, f"{name} cannot be executed: {why}", figures={**figures, "broken": broken}
        )
    name, slowest = max(times.items(), key=lambda each: each[1], default=("", 0.0))
    if slowest >= timeout and slowest <= limit:
        return verdicts.untaken("OBSERVE_QUERIES", f"{name} was stopped after {timeout:.0f} ms: raise observe.patience")
    more = " or more" if slowest >= timeout else ""
    text = f"the slowest of {len(times)} takes {slowest:.1f} ms{more}: {name}"
    return verdicts.judged("OBSERVE_QUERIES", slowest, limit, text, unit="ms", figures=figures)
