"""Verify: schema, flow, rows, suites, baseline, while writes go on; verdicts to the journal, the report with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cutover.context import RunContext
from cutover.journal.check import Check
from cutover.postgres.blue_green import arrival, compare, live, schema_diff, suites_across
from cutover.postgres.blue_green.live import Live
from cutover.postgres.blue_green.names import other
from cutover.postgres.blue_green.sight import Sight
from cutover.postgres.online import guard
from cutover.postgres.rowdiff import RowDiff
from cutover.validation import baseline, report


def verify(ctx: RunContext) -> list[dict[str, Any]]:
    """Judge both sides: before the cutover and in the window, by the same code.

    :returns: checks as dicts; they are in the journal as well, with the documents ``report.html`` and ``report.json``.
    :raises NotBuilt: green does not follow yet.
    """
    diffs: dict[str, RowDiff] = {}
    with guard.alone(ctx, "verify"):
        now = live.require(ctx)
        sight = Sight(ctx, now.ends, now.origin)
        checks = [_flow(ctx, now), *_schemas(ctx, now), *_rows(ctx, now, sight, diffs)]
        checks += suites_across.run(sight, now.tables)
        checks += _baseline(ctx, now)
    report.keep(ctx, checks, diffs, sides=("blue", "green"))
    return [check.as_dict() for check in checks]


def _flow(ctx: RunContext, now: Live) -> Check:
    """See that what is written on the live side arrives: without that nothing else means anything."""
    seen = arrival.look(ctx, now.ends, now.origin, patience=30)
    limit = ctx.spec.cutover.max_lag.total_seconds()
    ok = seen.arrived and not seen.broken
    slow = ok and seen.seconds > limit
    text = seen.describe() + (f"; more than {limit:g} s" if slow else "")
    name = f"{other(now.origin)} follows"
    return Check("FOLLOWS", name, ok and not slow, "warning" if slow else "error", text, seen.as_dict())


def _schemas(ctx: RunContext, now: Live) -> list[Check]:
    ctx.log.info("comparing schemas")
    design = replace(ctx.target_info, dbname=now.ends.names.design)
    with now.ends.open("blue", "schema") as blue, now.ends.open("green", "schema") as green:
        with ctx.open(design, "schema") as designed:
            checks = [schema_diff.check(green, designed)]
        # Once green is live it is not blue whose schema must not move, but DDL there is still worth a word.
        severity = "error" if now.origin == "blue" else "warning"
        checks.append(schema_diff.check_unchanged(ctx, blue, "blue", severity=severity))  # type: ignore[arg-type]
        checks.append(schema_diff.check_matviews(blue, green))
    return checks


def _rows(ctx: RunContext, now: Live, sight: Sight, diffs: dict[str, RowDiff]) -> list[Check]:
    checks = [said for table in now.tables if (said := compare.not_compared(table))]
    for of in compare.gather(sight, [table for table in now.tables if table.followed and table.on_green]):
        ctx.log.info("%s: comparing both sides", of.table.label)
        found = compare.compare(sight, of, rows=ctx.spec.validation.row_diff == "full")
        checks += found.checks
        if found.diff:
            diffs[of.table.label] = found.diff
    return checks


def _baseline(ctx: RunContext, now: Live) -> list[Check]:
    """Time the spec's queries on both sides in turns; only while blue is live, later blue is idle."""
    if not ctx.spec.baseline_sql or now.origin != "blue":
        return []
    ctx.log.info("baseline: timing the queries of %s on both sides", ctx.spec.validation.baseline_queries)
    path = tuple(dict.fromkeys(["public", *(table.schema for table in now.tables)]))
    return baseline.run(
        baseline.BaselineSide("blue", ctx.source_info, path),
        baseline.BaselineSide("green", ctx.target_info, path),
        ctx.spec.baseline_sql,
        tolerance=ctx.spec.validation.tolerance,
        cancel=ctx.cancel,
    )
