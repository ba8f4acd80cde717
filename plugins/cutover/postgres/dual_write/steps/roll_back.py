"""Roll back from any phase: the flag goes back one mode at a time, then the new side goes, or stays to be looked at."""

from __future__ import annotations

import time
from typing import Any, Literal

from cutover import points
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.flags import Mode
from cutover.postgres.dual_write import comparing, flagging, sides, state, turning
from cutover.postgres.online import guard

PATIENCE = 60


class WouldLose(CutoverError):
    """The old side does not hold everything that was written to the new one."""

    code = "DUA008"


class NoWayBack(CutoverError):
    """Applications write the new side only, and the spec does not say how the old one follows it."""

    code = "DUA009"


def roll_back(
    ctx: RunContext, *, accept_loss: bool = False, new_side: Literal["remove", "keep"] = "remove"
) -> dict[str, Any]:
    """Take the run back; safe to call again after it was interrupted anywhere, and when nothing was built.

    :param accept_loss: go back although rows of the old side are not what the new side says.
    :param new_side: ``keep`` leaves the new tables there, as they are; nothing follows or fences them any more.
    :returns: ``{"was_swapped", "pause_ms", "row_diff", "new_side", "seconds"}``.
    :raises WouldLose: naming rows; nothing has changed.
    :raises NotAcknowledged: an instance does not follow the flag back; run it again, or answer for the instance.
    """
    began = time.monotonic()
    with guard.alone(ctx, "roll-back", patience=PATIENCE) as db:
        found = state.find(db, ctx.run_id)
        figures: dict[str, Any] = {"was_swapped": False, "pause_ms": None, "row_diff": None, "new_side": "removed"}
        if found is not None and (found.up_done or not ctx.spec.up_sql):
            figures |= _sides(ctx, db, accept_loss, new_side)
        elif found is not None:
            state.forget(db, ctx.run_id)
    return {**figures, "seconds": round(time.monotonic() - began, 3)}


def _sides(ctx: RunContext, db: Db, accept_loss: bool, new_side: str) -> dict[str, Any]:
    both = sides.look(ctx, db)
    figures: dict[str, Any] = {"was_swapped": False}
    if flagging.current(ctx).mode is Mode.NEW_ONLY or both.state.live == "new":
        figures |= _turn_back(ctx, db, both, accept_loss)
    points.reach("dual.roll_back.turned")
    flag_back(ctx)
    points.reach("dual.roll_back.flag")
    sides.leave(ctx, db, both.back)
    sides.leave(ctx, db, both.forward)
    points.reach("dual.roll_back.left")
    _end(ctx, db, new_side)
    return {**figures, "new_side": "kept" if new_side == "keep" else "removed"}


def _turn_back(ctx: RunContext, db: Db, both: sides.Sides, accept_loss: bool) -> dict[str, Any]:
    if not both.back.shapes:
        raise NoWayBack(
            f"run {ctx.run_id!r}: applications write the new side only, and the spec has no `back`.",
            fix="use a rollback point (docs/last-resort.md), or write a migration that leads back.",
        )
    differing = _refuse_loss(ctx, both, accept_loss) if flagging.current(ctx).mode is Mode.NEW_ONLY else 0
    done = turning.turn(ctx, db, turning.BACK)
    return {"was_swapped": True, "pause_ms": done["pause_ms"], "row_diff": differing}


def _refuse_loss(ctx: RunContext, both: sides.Sides, accept_loss: bool) -> int:
    """The old side is derived before every COMMIT, so it is complete in every snapshot; this proves it."""
    wrong, total = [], 0
    for shape in both.back.shapes:
        found = comparing.compare(ctx, shape)
        total += found.total + found.undecided
        if not found.ok:
            wrong.append(found.told(shape.label))
    if wrong and not accept_loss:
        raise WouldLose(
            f"the old side is not what the new one says: {'; '.join(wrong)}.",
            fix=f"mend it: python -m cutover repair {ctx.run_id} --direction back; or roll back with accept_loss.",
        )
    return total


def flag_back(ctx: RunContext) -> None:
    """Move the flag to ``old_only``, one mode at a time, each with everybody's acknowledgement.

    The old side is written all the time.
    """
    for mode in (Mode.DUAL_WRITE_READ_OLD, Mode.OLD_ONLY):
        flag = flagging.current(ctx)
        if flag.mode.place > mode.place:
            flag = flagging.move(ctx, mode)
        points.reach(f"dual.roll_back.{mode}")
        flagging.await_acknowledged(ctx, flag)


def _end(ctx: RunContext, db: Db, new_side: str) -> None:
    """Run ``schema: down`` unless the new side is to stay, and forget the run, in one transaction."""
    with db.transaction():
        if new_side != "keep" and ctx.spec.down_sql:
            db.execute("SET LOCAL search_path = public")
            db.execute("SET LOCAL lock_timeout = '30s'")
            db.execute(ctx.spec.down_sql.encode())
        state.forget(db, ctx.run_id)
