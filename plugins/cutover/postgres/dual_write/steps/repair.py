"""Repair: rows that differ are derived anew, in the direction that is chosen, and proven to be right then."""

from __future__ import annotations

from typing import Any

from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.dual_write import arming, comparing, flagging, making, sides
from cutover.postgres.dual_write.shape import Direction, Shape
from cutover.postgres.online import guard

BATCH = 500


class NoSuchTable(CutoverError):
    """The table is no part of the side that shall be mended."""

    code = "DUA013"


def repair(ctx: RunContext, direction: Direction = "forward", table: str | None = None) -> dict[str, Any]:
    """Compare, and mend every row that differs; counting of shadow reads begins anew.

    :param direction: ``forward`` mends the new side from the old one, ``back`` the old side from the new one.
    :param table: only this one, as ``schema.name``.
    :returns: ``{"tables": [{"table", "found", "mended", "left"}]}``.
    :raises NoSuchTable: nothing is derived into ``table``.
    :raises NotMended: naming a key whose row still is another one.
    """
    with guard.alone(ctx, "repair") as db:
        side = sides.look(ctx, db).of(direction)
        labels = [shape.label for shape in side.shapes]
        if table is not None and table not in labels:
            raise NoSuchTable(
                f"nothing of run {ctx.run_id!r} is derived into {table!r}.",
                fix=f"{direction} there are: {', '.join(labels) or 'none'}.",
            )
        follows = bool(side.shapes) and arming.armed(db, side.names, side.shapes)
        if not follows:
            making.make(db, side.names, side.shapes, at_once=False)
        try:
            done = [
                _one(ctx, db, side, place, shape)
                for place, shape in enumerate(side.shapes, 1)
                if table in (None, shape.label)
            ]
        finally:
            if not follows:
                making.unmake(db, side.names)
    flagging.store(ctx).forget_mismatches(flagging.current(ctx).migration)
    return {"tables": done}


def _one(ctx: RunContext, db: Db, side: sides.Side, place: int, shape: Shape) -> dict[str, Any]:
    found = mended = 0
    diff = comparing.compare(ctx, shape)
    found = diff.total
    while diff.total:
        keys = [tuple(one.key[name] for name in shape.key) for one in diff.differences]
        for first in range(0, len(keys), BATCH):
            mended += comparing.repair(ctx, db, side.names, place, shape, keys[first : first + BATCH])
        ctx.log.info("%s: %d rows mended", shape.label, mended)
        diff = comparing.compare(ctx, shape)
    return {"table": shape.label, "found": found, "mended": mended, "left": diff.total}
