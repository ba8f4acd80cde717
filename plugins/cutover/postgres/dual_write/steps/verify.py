"""Verify: both sides hold the same, told by the mapping and by its reverse, while writes go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cutover.context import Db, RunContext
from cutover.journal.check import Check
from cutover.postgres.dual_write import comparing, filling, sides, tracing
from cutover.postgres.dual_write.shape import Shape
from cutover.postgres.dual_write.steps.build import at_once
from cutover.postgres.online import guard
from cutover.postgres.rowdiff import RowDiff
from cutover.spec.names import split_table
from cutover.validation import report, row_diff, suites

LISTED = 3


def verify(ctx: RunContext) -> list[dict[str, Any]]:
    """Judge every row of both sides.

    Forward: each new table is what its query says of the old ones. Back: the old tables are, to the last value, what
    the reverse mapping says of the new ones, so going back will lose nothing. Traced: every old row has its place.

    :returns: checks as dicts; they are in the journal as well, with the documents ``report.html`` and ``report.json``.
    """
    diffs: dict[str, RowDiff] = {}
    with guard.alone(ctx, "verify") as db:
        both = sides.look(ctx, db)
        if not at_once(ctx) and both.state.live == "old":
            filling.drain(ctx, db, both.forward.names, both.forward.shapes)
        checks = _traced(ctx, db, both.forward.shapes) if both.state.live == "old" else []
        if ctx.spec.validation.row_diff != "off":
            for shape in [*both.forward.shapes, *both.back.shapes]:
                diffs[shape.label] = comparing.compare(ctx, shape)
                checks.append(row_diff.check(diffs[shape.label], label=shape.label))
    checks += suites_of(ctx, both.forward.shapes)
    report.keep(ctx, checks, diffs, sides=("told by the other side", "table"))
    return [check.as_dict() for check in checks]


def _traced(ctx: RunContext, db: Db, shapes: Any) -> list[Check]:
    left_out = {split_table(name) for name in ctx.spec.left_out}
    with db.transaction():
        db.execute("SET LOCAL search_path = public, pg_temp")
        found = tracing.untraced(db, shapes, left_out)
    if not found:
        return [Check("TRACED", "every old row has its place", True, "error", "no row is left out")]
    return [
        Check(
            "TRACED",
            "every old row has its place",
            False,
            "error",
            f"{each.rows} rows have none: {'; '.join(each.shown[:LISTED])}",
            {"rows": each.rows, "shown": list(each.shown)},
            each.table,
        )
        for each in found
    ]


def suites_of(ctx: RunContext, shapes: Sequence[Shape]) -> list[Check]:
    """Run the spec's suites on the tables of these shapes."""
    if not ctx.spec.validation.suites:
        return []
    ctx.log.info("suites: %s", ", ".join(ctx.spec.validation.suites))
    return suites.run(
        ctx.source_info,
        migration=ctx.spec.name,
        suites=ctx.spec.validation.suites,
        tables=[suite_table(shape) for shape in shapes],
        settle=lambda: None,
        cancel=ctx.cancel,
    )


def suite_table(shape: Shape) -> suites.SuiteTable:
    """Return what suites see of a table."""
    where = (shape.schema, shape.name)
    return suites.SuiteTable(
        label=shape.label, subject=where, live=where, key=tuple(shape.key), live_key=tuple(shape.key), pending=None
    )
