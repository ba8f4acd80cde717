"""The cutover: applications write the new columns, and the old ones follow. Nobody is held for that."""

from __future__ import annotations

from typing import Any, Literal

from cutover import points
from cutover.context import Db, RunContext
from cutover.flags import Mode
from cutover.postgres.dual_write import flagging, state
from cutover.postgres.dual_write.steps.turn import refuse_unready
from cutover.postgres.in_place import following, renaming, tables
from cutover.postgres.online import guard


def new_only(ctx: RunContext) -> dict[str, Any]:
    """Move the writes over; a run that has done so is left there.

    Instances change one after the other. For that time the trigger goes both ways, so neither kind is refused; only
    when all have acknowledged, columns follow strictly back, and tables get their new names.

    :returns: ``{"pause_ms", "attempts", "seconds"}``; the pause is always 0.
    :raises NotReady: not all reads go to the new side.
    :raises NotAcknowledged: an instance works by an older version for too long; both kinds of writes go on.
    """
    with guard.alone(ctx, "new-only") as db:
        refuse_unready(ctx)
        seconds = turn(ctx, db, to="new")
    return {"pause_ms": 0.0, "attempts": 1, "seconds": seconds}


def turn(ctx: RunContext, db: Db, *, to: Literal["new", "old"]) -> float:
    """Let the other side be written; goes on from wherever an earlier attempt was. Returns the seconds it took."""
    number, found = state.get(db, ctx.run_id).number, tables.look(ctx, db)
    mode = Mode.NEW_ONLY if to == "new" else Mode.DUAL_WRITE_READ_NEW
    flag = flagging.current(ctx)
    if flag.mode is not mode:
        following.direct(ctx, db, number, found, "both")
        points.reach("in_place.turn.both")
        flag = flagging.move(ctx, mode, read_new=0 if mode is Mode.NEW_ONLY else 100)
    points.reach("in_place.turn.moved")
    if to == "new":
        ctx.journal.mark_swapped(ctx.run_id, ctx.spec.rollback.window)
    seconds = flagging.await_acknowledged(ctx, flag)
    state.mark(db, ctx.run_id, live=to)
    points.reach("in_place.turn.acknowledged")
    following.direct(ctx, db, number, found, "back" if to == "new" else "forward")
    points.reach("in_place.turn.directed")
    for spec in renaming.renames(ctx):
        renaming.swap(ctx, db, spec, to_new=to == "new")
        points.reach("in_place.turn.renamed")
    return round(seconds, 3)
