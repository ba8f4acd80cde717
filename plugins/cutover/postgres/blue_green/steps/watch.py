"""Watch: the first minutes on green, and every minute of the window after them. Blue has to follow all the while."""

from __future__ import annotations

import time
from typing import Any

from cutover.context import RunContext
from cutover.journal.check import Check
from cutover.postgres.blue_green import arrival, fence, live, outside, series, state, way_back
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.lag import Lag
from cutover.postgres.blue_green.names import SideName, other
from cutover.postgres.blue_green.steps import both_ways
from cutover.postgres.blue_green.steps.cut_over import settle_attempt
from cutover.postgres.blue_green.steps.sample import sample
from cutover.postgres.online import guard

PAUSE = 1.0


def watch(ctx: RunContext) -> list[dict[str, Any]]:
    """Look at traffic, fence and way back for the spec's ``watch: duration``, and judge them at the end.

    :returns: checks as dicts, which are in the journal as well.
    """
    ends = Ends.of(ctx)
    until = time.monotonic() + ctx.spec.watch.duration.total_seconds()
    worst: Lag | None = None
    with guard.alone(ctx, "watch"):
        while True:
            seen = arrival.look(ctx, ends, "green")
            series.record(ctx, seen)
            worst = seen if worst is None or seen.seconds > worst.seconds else worst
            left = until - time.monotonic()
            if left <= 0:
                break
            ctx.cancel.wait(min(PAUSE, left))
        checks = [outside.check(ctx, ends, "green"), _blue(ctx, ends), _follows(ctx, ends, "green", worst)]
    for check in checks:
        ctx.journal.record_check(ctx.run_id, check)
    return [check.as_dict() for check in checks]


def keep_in_step(ctx: RunContext) -> dict[str, Any]:
    """One look in the window, or while a run waits for an approval; mends what a crash has left.

    :returns: the sample, see :func:`sample`; ``{"skipped": why}`` where there is nothing to look at.
    :raises SlotKeepsTooMuch, SlotInDanger: the live server's disk.
    """
    ends = Ends.of(ctx)
    with guard.alone(ctx, "keep-in-step", patience=5):
        settle_attempt(ctx, ends)
        now = live.find(ctx)
        if now is None or not now.following:
            return {"skipped": "green does not follow"}
        if now.origin == "green" and not way_back.is_open(ends, "green"):
            way_back.open_up(ctx, ends, "green")
        figures = {"live": now.origin, **sample(ctx)}
        with ends.open("blue", "keep-in-step") as db:
            both = both_ways.is_open(state.find(db, ctx.run_id))
        if both:
            found = both_ways.check(ctx, ends)
            ctx.journal.record_check(ctx.run_id, found)
            figures["both_ways"] = found.summary
        return figures


def _blue(ctx: RunContext, ends: Ends) -> Check:
    """Blue refuses every write, or takes them as the spec asks; nothing in between."""
    with ends.open("blue", "watch") as db:
        side, up = state.find(db, ctx.run_id), fence.is_up(db, ends.names)
    if both_ways.is_open(side):
        return both_ways.check(ctx, ends)
    text = "blue refuses every write" if up else "blue can be written to although green is live"
    return Check("FENCE_UP", "fence", up, "error", text)


def _follows(ctx: RunContext, ends: Ends, origin: SideName, worst: Lag | None) -> Check:
    trouble = arrival.trouble(ctx, ends, origin, patience=10)
    figures = worst.as_dict() if worst else {}
    if trouble:
        return Check("WAY_BACK", "way back", False, "error", f"{other(origin)} does not follow: {trouble}", figures)
    limit = ctx.spec.cutover.max_lag.total_seconds()
    slow = worst is not None and worst.seconds > limit
    text = f"{other(origin)} follows; {worst.seconds:.3f} s behind at the most" if worst else "followed"
    return Check("WAY_BACK", "way back", not slow, "warning" if slow else "error", text, figures)
