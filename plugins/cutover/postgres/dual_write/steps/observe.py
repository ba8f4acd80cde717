"""Observe: whether the old side still follows, and is what its queries tell; reads only, and takes no run's lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cutover.context import RunContext
from cutover.journal.check import Check
from cutover.postgres.dual_write import comparing, sides
from cutover.postgres.dual_write.shape import Shape
from cutover.postgres.dual_write.steps.verify import suite_table
from cutover.postgres.dual_write.steps.watch import look
from cutover.postgres.follower import Behind, Differences
from cutover.validation.suites import SuiteTable


def behind(ctx: RunContext, mark: Mapping[str, Any]) -> Behind:
    """Rows are derived before the COMMIT of the write itself, so nothing is behind as long as that is armed."""
    with ctx.source("observe") as db:
        both = sides.look(ctx, db)
        return standing(look(ctx, db, both), follows=bool(both.back.shapes))


def standing(checks: Sequence[Check], *, follows: bool) -> Behind:
    """Tell by the checks of the watch how the side is that is written in the same transaction."""
    broken = [check.summary for check in checks if check.blocks]
    if not follows:
        broken.append("nothing leads back: what is written now would be lost")
    text = "; ".join(broken) or "what is written is derived in the same transaction"
    return Behind(0.0 if follows else None, text, broken)


def differences(ctx: RunContext) -> Iterator[Differences]:
    """Compare every row of the old tables with what their queries tell of the new ones."""
    with ctx.source("observe") as db:
        shapes = sides.look(ctx, db).back.shapes
    yield from compared(ctx, shapes)


def compared(ctx: RunContext, shapes: Sequence[Shape]) -> Iterator[Differences]:
    """Compare tables with the queries that they are derived by."""
    for shape in shapes:
        found = comparing.compare(ctx, shape)
        yield Differences(shape.label, found.rows_left, found.missing_right, found.missing_left, found.changed)


def judged(ctx: RunContext) -> list[SuiteTable]:
    """Return the live tables, for suites that judge one side alone."""
    with ctx.source("observe") as db:
        return [suite_table(shape) for shape in sides.look(ctx, db).forward.shapes]
