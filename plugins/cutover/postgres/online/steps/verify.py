"""Verify: counts, row diff, suites and baseline while writes go on; verdicts to the journal, the report with them."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.journal.check import Check
from cutover.postgres.online import guard, state
from cutover.postgres.online.compare import compare, subject
from cutover.postgres.online.state import Table
from cutover.postgres.rowdiff import RowDiff
from cutover.validation import baseline, report, row_counts, row_diff, suites


def verify(ctx: RunContext) -> list[dict[str, Any]]:
    """Judge both sides of every table of the run.

    :returns: checks as dicts; they are in the journal as well, with the documents ``report.html`` and ``report.json``.
    """
    diffs: dict[str, RowDiff] = {}
    with guard.alone(ctx, "verify") as db:
        tables = state.tables(db, ctx.run_id)
        checks = [check for table in tables for check in _sides(ctx, table, diffs)]
        checks += _suites(ctx, tables)
        checks += _baseline(ctx, tables)
    report.keep(ctx, checks, diffs, sides=("old", "new"))
    return [check.as_dict() for check in checks]


def _sides(ctx: RunContext, table: Table, diffs: dict[str, RowDiff]) -> list[Check]:
    forth = table.live == "original"
    of = subject(ctx, table, forth=forth)
    ctx.log.info("%s: counting both sides", table.label)
    counted = row_counts.check(
        of.connect, of.left, of.right, label=table.label, pending=of.pending, settle=of.settle, cancel=ctx.cancel
    )
    if ctx.spec.validation.row_diff == "off":
        return [counted]
    diffs[table.label] = compare(ctx, table, forth=forth)
    return [counted, row_diff.check(diffs[table.label], label=table.label)]


def _suites(ctx: RunContext, tables: list[Table]) -> list[Check]:
    """Run the spec's suites on the new side: the shadow before the swap, the live table after it."""
    if not ctx.spec.validation.suites:
        return []
    ctx.log.info("suites: %s", ", ".join(ctx.spec.validation.suites))

    def settle() -> None:
        for table in tables:
            subject(ctx, table, forth=False).settle()

    return suites.run(
        ctx.source_info,
        migration=ctx.spec.name,
        suites=ctx.spec.validation.suites,
        tables=[_suite_table(ctx, table) for table in tables],
        settle=settle,
        cancel=ctx.cancel,
    )


def _baseline(ctx: RunContext, tables: list[Table]) -> list[Check]:
    """Time the spec's queries on both sides, which differ by nothing but the search path; only before the swap."""
    if not ctx.spec.baseline_sql or any(table.live != "original" for table in tables):
        return []
    ctx.log.info("baseline: timing the queries of %s on both sides", ctx.spec.validation.baseline_queries)
    live = dict.fromkeys([*(table.names.schema for table in tables), "public"])
    new = dict.fromkeys([*(table.names.new_schema for table in tables), *live])
    return baseline.run(
        baseline.BaselineSide("live", ctx.source_info, tuple(live)),
        baseline.BaselineSide("new", ctx.source_info, tuple(new)),
        ctx.spec.baseline_sql,
        tolerance=ctx.spec.validation.tolerance,
        cancel=ctx.cancel,
    )


def _suite_table(ctx: RunContext, table: Table) -> suites.SuiteTable:
    names, design = table.names, table.design
    new = names.new_schema if table.live == "original" else names.schema
    old = names.schema if table.live == "original" else names.old_schema
    return suites.SuiteTable(
        label=table.label,
        subject=(new, names.table),
        live=(old, names.table),
        key=tuple(design.shadow_key.columns),
        live_key=tuple(design.original_key.columns),
        pending=subject(ctx, table, forth=False).pending,
    )
