"""Watch: who works by the flag, whether both sides follow as they should, and whether every row is the same."""

from __future__ import annotations

import time
from typing import Any

from cutover.context import Db, RunContext
from cutover.journal.check import Check
from cutover.postgres.dual_write import arming, comparing, fence, filling, flagging, sides
from cutover.postgres.dual_write.steps.build import at_once
from cutover.postgres.online import guard
from cutover.validation import row_diff

PAUSE = 0.5


def watch(ctx: RunContext) -> list[dict[str, Any]]:
    """Look for the spec's ``watch: duration``; at its end compare the side that follows, row by row.

    :returns: checks as dicts, which are in the journal as well.
    """
    ends = time.monotonic() + ctx.spec.watch.duration.total_seconds()
    with guard.alone(ctx, "watch") as db:
        both = sides.look(ctx, db)
        while True:
            checks = look(ctx, db, both)
            left = ends - time.monotonic()
            if left <= 0 or any(check.blocks for check in checks):
                break
            ctx.cancel.wait(min(PAUSE, left))
        if both.state.live == "new":
            for shape in both.back.shapes:
                checks.append(row_diff.check(comparing.compare(ctx, shape), label=shape.label))
    for check in checks:
        ctx.journal.record_check(ctx.run_id, check)
    return [check.as_dict() for check in checks]


def look(ctx: RunContext, db: Db, both: sides.Sides) -> list[Check]:
    """Judge what can be seen at once."""
    side = both.back if both.state.live == "new" else both.forward
    on = not side.shapes or arming.armed(db, side.names, side.shapes)
    text = "every write is derived" if on else "triggers are missing or disabled: going back would lose writes"
    return [Check("CAPTURE_ON", "the other side follows", on, "error", text), _fence(ctx, db, both), flag_check(ctx)]


def _fence(ctx: RunContext, db: Db, both: sides.Sides) -> Check:
    side = both.back if both.state.live == "new" else both.forward
    wanted = both.state.live == "new" or at_once(ctx)
    up = fence.is_up(db, side.names, side.tables) if wanted else False
    if not wanted:
        return Check("FENCE_UP", "fence of the side that follows", True, "info", "none is wanted")
    text = "it takes only derived rows" if up else "it can be written to past the flag"
    return Check("FENCE_UP", "fence of the side that follows", up, "error", text)


def flag_check(ctx: RunContext) -> Check:
    """Judge whether every live instance works by the flag."""
    flag = flagging.current(ctx)
    alive = [one for one in flagging.store(ctx).instances(ctx.spec.name) if one.alive]
    late = [one for one in alive if one.keeps_waiting(flag.version)]
    text = f"{len(alive) - len(late)} of {len(alive)} instances work by {flag}"
    figures = {"version": flag.version, "instances": len(alive), "late": len(late)}
    return Check("FLAG", "flag", not late, "warning", text, figures)


def keep_in_step(ctx: RunContext) -> dict[str, Any]:
    """Derive what is noted where the application writes both sides; elsewhere rows are derived before their COMMIT.

    :returns: ``{"live", "drained"}`` or ``{"skipped": reason}``.
    """
    try:
        with guard.alone(ctx, "keep-in-step", patience=0) as db:
            both = sides.look(ctx, db)
            side, drained = both.forward, 0
            if both.state.live == "old" and not at_once(ctx):
                drained = filling.drain(ctx, db, side.names, side.shapes)
            return {"live": both.state.live, "drained": drained}
    except guard.Busy as busy:
        return {"skipped": busy.what}
