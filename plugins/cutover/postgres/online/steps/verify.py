"""Verify: row counts, row diff and suites while writes go on; verdicts to the journal, the report with them."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.journal.check import Check
from cutover.postgres.online import guard, state
from cutover.postgres.online.compare import compare, subject
from cutover.postgres.online.state import Table
from cutover.validation import row_counts, row_diff


def verify(ctx: RunContext) -> list[dict[str, Any]]:
    """Judge both sides of every table of the run.

    :returns: checks as dicts; they are in the journal as well, with the documents ``report.html`` and ``report.json``.
    """
    with guard.alone(ctx, "verify") as db:
        checks = [check for table in state.tables(db, ctx.run_id) for check in _table(ctx, table)]
    for check in checks:
        ctx.journal.record_check(ctx.run_id, check)
    return [check.as_dict() for check in checks]


def _table(ctx: RunContext, table: Table) -> list[Check]:
    forth = table.live == "original"
    of = subject(ctx, table, forth=forth)
    counted = row_counts.check(
        of.connect, of.left, of.right, label=table.label, pending=of.pending, settle=of.settle, cancel=ctx.cancel
    )
    if ctx.spec.validation.row_diff == "off":
        return [counted]
    return [counted, row_diff.check(compare(ctx, table, forth=forth), label=table.label)]
