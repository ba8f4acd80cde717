"""Roll back from any instant: before the cutover all is removed, after it live goes back to blue first, mirrored."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from cutover import points
from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres import maintenance
from cutover.postgres.blue_green import (
    arrival,
    crossing,
    ddl_watch,
    exact,
    remove,
    state,
    way_back,
)
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.state import Side
from cutover.postgres.blue_green.steps import both_ways
from cutover.postgres.blue_green.steps.cut_over import settle_attempt
from cutover.postgres.online import guard

# So long the way back may take to show that it works at all.
SIGN_OF_LIFE = 20.0


class WouldLose(CutoverError):
    """Something that was written on green does not arrive on blue."""

    code = "BGR060"


class NoWayBack(CutoverError):
    """Blue cannot take over again."""

    code = "BGR064"


class NotAsBefore(CutoverError):
    """What is live again is not what was live: removing green now would lose rows."""

    code = "BGR061"


def roll_back(
    ctx: RunContext,
    *,
    accept_loss: bool = False,
    keep_green: bool = False,
    before_removal: Callable[[], object] = lambda: None,
) -> dict[str, Any]:
    """Take the run back; safe to call again after it was interrupted anywhere, and when nothing was built.

    :param accept_loss: go back although some of what was written on green does not arrive on blue.
    :param keep_green: leave green's tables there, as they are; nothing follows or fences them any more.
    :param before_removal: is called when blue is live and green still there.
    :returns: ``{"was_swapped", "pause_ms", "row_diff", "differences", "dropped", "seconds", ...}``.
    :raises WouldLose: naming what keeps it from arriving; nothing has changed.
    :raises NotAsBefore: blue is live again and lacks rows of green, which is left there, fenced.
    """
    began = time.monotonic()
    ends = Ends.of(ctx)
    with guard.alone(ctx, "roll-back", patience=60):
        figures = _to_blue(ctx, ends, accept_loss)
        points.reach("bg.roll_back.crossed")
        before_removal()
        if figures["row_diff"] and not accept_loss:
            _keep_what_differs(ctx, figures)
        figures["dropped"] = remove.everything(ctx, ends, keep_green=keep_green)
    return {**figures, "seconds": round(time.monotonic() - began, 3)}


def _to_blue(ctx: RunContext, ends: Ends, accept_loss: bool) -> dict[str, Any]:
    """Settle what was left, and see that blue is live."""
    settle_attempt(ctx, ends)
    with ends.open("blue", "roll-back") as db:
        blue = state.find(db, ctx.run_id)
        changes = ddl_watch.changes(ctx, db) if blue and ddl_watch.remembered(ctx, db) else []
    figures: dict[str, Any] = {"was_swapped": False, "pause_ms": None, "row_diff": None, "differences": changes}
    if blue is None:
        _refuse_live_green(ctx, ends)
    elif blue.live:
        told = {name: blue.detail.get(name) for name in ("row_diff", "differing")}
        figures |= {"was_swapped": bool(blue.detail.get("went_back")), **told}
    else:
        figures |= _go_back(ctx, ends, blue, accept_loss)
    return figures


def _refuse_live_green(ctx: RunContext, ends: Ends) -> None:
    """Blue has no trace of the run: nothing was built, or all is cleaned up. Green must not be live then."""
    if not maintenance.there(ctx, ends.info("green"), "roll-back"):
        return
    with ends.open("green", "roll-back") as db:
        green = state.find(db, ctx.run_id)
    if green and green.live:
        raise NoWayBack(
            f"run {ctx.run_id!r}: green is live, and blue knows nothing of the run, so blue does not follow.",
            fix="green holds everything: finalize the run. To go back anyhow, restore a backup of green into blue.",
        )


def _go_back(ctx: RunContext, ends: Ends, blue: Side, accept_loss: bool) -> dict[str, Any]:
    if not both_ways.close_down(ctx, ends):
        way_back.open_up(ctx, ends, "green")
    trouble = arrival.trouble(ctx, ends, "green", patience=SIGN_OF_LIFE)
    if trouble and not accept_loss:
        raise WouldLose(
            f"what was written on green since the cutover does not arrive on blue: {trouble}.",
            fix="mend it (see the server's log of blue), or roll back with accept_loss to leave the rest behind.",
        )
    lossy = bool(trouble)
    with contextlib.ExitStack() as closing:
        crossed = crossing.cross(ctx, ends, "green", closing, back=False, lossy=lossy)
        ctx.log.info("blue is live again after %s ms of pause", crossed.switched.pause_ms)
        with ends.open("blue", "roll-back") as db:
            state.put(db, ctx.run_id, went_back=True)
        found = {} if lossy else exact.compare(ctx, blue.tables, crossed.switched.frozen, origin="green")
    row_diff = None if lossy else found.get("row_diff")
    if row_diff:  # the snapshots are gone with this attempt, so the next one has to be told
        with ends.open("blue", "roll-back") as db:
            state.put(db, ctx.run_id, row_diff=row_diff, differing=found["differing"])
    known = {"row_diff": row_diff, "differing": found.get("differing")}
    return {"was_swapped": True, **crossed.figures(), **known, "lossy": lossy, "exact": found}


def _keep_what_differs(ctx: RunContext, figures: Mapping[str, Any]) -> None:
    """Stop before green is removed, now and at every later attempt."""
    where = ", ".join(figures["differing"] or ())
    raise NotAsBefore(
        f"run {ctx.run_id!r}: blue is live again, but {figures['row_diff']:,} rows are not what they were on green:"
        f" {where}.",
        fix="nothing was removed: green still has them, and the log names the first. Mend the rows of blue by them,"
        " then roll back with accept_loss, which removes green.",
    )
