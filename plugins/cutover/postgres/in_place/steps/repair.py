"""Repair: rows whose columns differ are computed anew, in the direction that is chosen, and proven to be right then."""

from __future__ import annotations

from typing import Any

from cutover.context import Db, RunContext
from cutover.postgres.dual_write import comparing, flagging
from cutover.postgres.dual_write.shape import Direction
from cutover.postgres.dual_write.steps.repair import NoSuchTable
from cutover.postgres.in_place import filling, tables
from cutover.postgres.online import guard


def repair(ctx: RunContext, direction: Direction = "forward", table: str | None = None) -> dict[str, Any]:
    """Compare, and mend every row that differs; counting of shadow reads begins anew.

    :param direction: ``forward`` mends the new columns from the old ones, ``back`` the old ones from the new ones.
    :param table: only this one, as ``schema.name``.
    :returns: ``{"tables": [{"table", "found", "mended", "left"}]}``.
    :raises NoSuchTable: nothing is computed in ``table``.
    """
    with guard.alone(ctx, "repair") as db:
        found = [each for each in tables.look(ctx, db) if each.told(direction)]
        labels = [each.label for each in found]
        if table is not None and table not in labels:
            raise NoSuchTable(
                f"nothing of run {ctx.run_id!r} is computed in {table!r}.",
                fix=f"{direction} there are: {', '.join(labels) or 'none'}.",
            )
        done = [_one(ctx, db, each, direction) for each in found if table in (None, each.label)]
    flagging.store(ctx).forget_mismatches(flagging.current(ctx).migration)
    return {"tables": done}


def _one(ctx: RunContext, db: Db, table: tables.Table, direction: Direction) -> dict[str, Any]:
    shape = table.shape(direction)
    assert shape is not None
    found = comparing.compare(ctx, shape).total
    mended = filling.fill(ctx, db, table, direction) if found else 0
    left = comparing.compare(ctx, shape).total if found else 0
    return {"table": table.label, "found": found, "mended": mended, "left": left}
