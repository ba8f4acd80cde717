"""Observe: whether old columns still follow, and are what their expressions tell; reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cutover.context import RunContext
from cutover.postgres.dual_write import state
from cutover.postgres.dual_write.steps.observe import compared, standing
from cutover.postgres.dual_write.steps.verify import suite_table
from cutover.postgres.follower import Behind, Differences
from cutover.postgres.in_place import looking, tables
from cutover.postgres.in_place.steps.verify import shapes
from cutover.validation.suites import SuiteTable


def behind(ctx: RunContext, mark: Mapping[str, Any]) -> Behind:
    """Columns are computed in the write itself, so nothing is behind as long as the triggers are there."""
    with ctx.source("observe") as db:
        known = state.get(db, ctx.run_id)
        checks = [*looking.follows(ctx, db, known), *looking.names(ctx, db)]
    return standing(checks, follows=True)


def differences(ctx: RunContext) -> Iterator[Differences]:
    """Compare the columns that follow with what their expressions tell, row by row."""
    with ctx.source("observe") as db:
        _, back = shapes(tables.look(ctx, db))
    yield from compared(ctx, back)


def judged(ctx: RunContext) -> list[SuiteTable]:
    """Return the live tables, for suites that judge one side alone."""
    with ctx.source("observe") as db:
        forward, _ = shapes(tables.look(ctx, db))
    return [suite_table(shape) for shape in forward]
