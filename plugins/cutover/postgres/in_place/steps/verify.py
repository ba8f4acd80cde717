"""Verify: every row is what the expressions say of it, in both directions, while writes go on."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.journal.check import Check
from cutover.postgres.dual_write import comparing, state
from cutover.postgres.dual_write.shape import Shape
from cutover.postgres.dual_write.steps.verify import suites_of
from cutover.postgres.in_place import looking, tables
from cutover.postgres.online import guard
from cutover.postgres.rowdiff import RowDiff
from cutover.validation import report, row_diff


def verify(ctx: RunContext) -> list[dict[str, Any]]:
    """Judge every row: new columns as told by the old ones, and old columns as the new ones would tell them back.

    :returns: checks as dicts; they are in the journal as well, with the documents ``report.html`` and ``report.json``.
    """
    diffs: dict[str, RowDiff] = {}
    with guard.alone(ctx, "verify") as db:
        live = state.get(db, ctx.run_id).live
        checks = looking.names(ctx, db)
        forward, back = shapes(tables.look(ctx, db))
        if ctx.spec.validation.row_diff != "off":
            # What is written to new columns need not be what old ones would make of it: then only the way back counts.
            for what, told in (("new columns", forward if live == "old" else []), ("old columns, told back", back)):
                checks += [_compared(ctx, shape, what, diffs) for shape in told]
    checks += suites_of(ctx, forward)
    report.keep(ctx, checks, diffs, sides=("told by the other columns", "table"))
    return [check.as_dict() for check in checks]


def shapes(found: list[tables.Table]) -> tuple[list[Shape], list[Shape]]:
    """Return what the expressions tell, forward and back."""
    forward = [shape for table in found if (shape := table.shape("forward"))]
    return forward, [shape for table in found if (shape := table.shape("back"))]


def _compared(ctx: RunContext, shape: Shape, what: str, diffs: dict[str, RowDiff]) -> Check:
    label = f"{shape.label}, {what}"
    diffs[label] = comparing.compare(ctx, shape)
    return row_diff.check(diffs[label], label=label)
