"""The flag says what is live: brought there where a crash, or somebody by hand, has left it elsewhere."""

from __future__ import annotations

import contextlib

from cutover.context import RunContext
from cutover.postgres import maintenance
from cutover.postgres.blue_green import live, state
from cutover.postgres.blue_green.crossing import leg_of
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.steps.cut_over import settle_attempt
from cutover.postgres.dual_write import flagging


def follow_live(ctx: RunContext) -> None:
    """Settle what was left in the middle, then lead applications to the side that takes writes, and end a hold.

    The caller has the run's lock: nobody is just about to change sides.
    """
    ends = Ends.of(ctx)
    settle_attempt(ctx, ends)
    if not maintenance.there(ctx, ends.info("green"), "look"):
        return
    now = live.find(ctx)
    if now is None:
        return
    before = flagging.current(ctx)
    leg = leg_of(ends, now.origin)
    with contextlib.closing(leg.router()) as router:
        router.point(leg.place(now.origin))
        router.resume()
    flag = flagging.current(ctx)
    if flag.version != before.version:
        ctx.log.warning("the flag was %s although %s is live; it is %s now", before, now.origin, flag)
        ctx.journal.event(ctx.run_id, "flag", f"{before} -> {flag}", data={"version": flag.version})


def green_is_live(ctx: RunContext) -> bool:
    """Whether the run has come so far that applications write green."""
    ends = Ends.of(ctx)
    if not maintenance.there(ctx, ends.info("green"), "look"):
        return False
    with ends.open("green", "look") as db:
        side = state.find(db, ctx.run_id)
    return bool(side and side.live)
