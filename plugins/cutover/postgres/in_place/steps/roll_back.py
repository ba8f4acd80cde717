"""Roll back from any phase: the flag goes back one mode at a time, then what was added goes, or stays."""

from __future__ import annotations

import time
from typing import Any, Literal

from cutover import points
from cutover.context import Db, RunContext
from cutover.flags import Mode
from cutover.postgres.dual_write import comparing, flagging, state
from cutover.postgres.dual_write.state import State
from cutover.postgres.dual_write.steps.roll_back import PATIENCE, NoWayBack, WouldLose, flag_back
from cutover.postgres.in_place import expanding, following, renaming, tables
from cutover.postgres.in_place.steps.turn import turn
from cutover.postgres.in_place.steps.verify import shapes
from cutover.postgres.online import guard
from cutover.spec.names import split_table


def roll_back(
    ctx: RunContext, *, accept_loss: bool = False, new_side: Literal["remove", "keep"] = "remove"
) -> dict[str, Any]:
    """Take the run back; safe to call again after it was interrupted anywhere, and when nothing was built.

    :param accept_loss: go back although old columns are not what the new ones say.
    :param new_side: ``keep`` leaves the new columns there, free of NOT NULL; nothing follows any more.
    :returns: ``{"was_swapped", "pause_ms", "row_diff", "new_side", "seconds"}``.
    :raises WouldLose: naming rows; nothing has changed.
    :raises NotAcknowledged: an instance does not follow the flag back; run it again, or answer for the instance.
    """
    began = time.monotonic()
    with guard.alone(ctx, "roll-back", patience=PATIENCE) as db:
        found = state.find(db, ctx.run_id)
        figures: dict[str, Any] = {"was_swapped": False, "pause_ms": None, "row_diff": None, "new_side": "removed"}
        if found is not None:
            figures |= _back(ctx, db, found, accept_loss)
            figures["new_side"] = "kept" if new_side == "keep" else "removed"
            _remove(ctx, db, found, keep=new_side == "keep")
    return {**figures, "seconds": round(time.monotonic() - began, 3)}


def _back(ctx: RunContext, db: Db, known: State, accept_loss: bool) -> dict[str, Any]:
    mode, figures = flagging.current(ctx).mode, {}
    if mode is Mode.NEW_ONLY or known.live == "new":
        differing = _refuse_loss(ctx, db, accept_loss) if mode is Mode.NEW_ONLY else 0
        turn(ctx, db, to="old")
        figures = {"was_swapped": True, "pause_ms": 0.0, "row_diff": differing}
    elif known.up_done:
        # Where the cutover was begun, and no instance has been told yet.
        following.direct(ctx, db, known.number, tables.look(ctx, db), "forward")
    points.reach("in_place.roll_back.turned")
    flag_back(ctx)
    points.reach("in_place.roll_back.flag")
    return figures


def _refuse_loss(ctx: RunContext, db: Db, accept_loss: bool) -> int:
    """Old columns are computed in every write, so they are right in every snapshot; this proves it."""
    left_out = {split_table(name) for name in ctx.spec.left_out}
    for spec in ctx.spec.tables:
        if not spec.rename and not spec.reverse and (spec.schema_name, spec.table_name) not in left_out:
            raise NoWayBack(
                f"run {ctx.run_id!r}: applications write the new columns of {spec.qualified}, which has no `reverse`.",
                fix="use a rollback point (docs/last-resort.md), or write a migration that leads back.",
            )
    wrong, total = [], 0
    for shape in shapes(tables.look(ctx, db))[1]:
        found = comparing.compare(ctx, shape)
        total += found.total + found.undecided
        if not found.ok:
            wrong.append(found.told(shape.label))
    if wrong and not accept_loss:
        raise WouldLose(
            f"old columns are not what the new ones say: {'; '.join(wrong)}.",
            fix=f"mend it: python -m cutover repair {ctx.run_id} --direction back; or roll back with accept_loss.",
        )
    return total


def _remove(ctx: RunContext, db: Db, known: State, *, keep: bool) -> None:
    state.mark(db, ctx.run_id, up_done=False)  # from here on columns may be missing
    for spec in renaming.renames(ctx):
        renaming.swap(ctx, db, spec, to_new=False)
        renaming.end(ctx, db, spec)
        points.reach("in_place.roll_back.name")
    for table in tables.look(ctx, db):
        (expanding.release if keep else expanding.undo)(ctx, db, known.number, table)
        points.reach("in_place.roll_back.table")
    state.forget(db, ctx.run_id)
