"""Watch: the first minutes on green, and every minute of the window after them. Blue has to follow all the while."""

from __future__ import annotations

import time
from typing import Any

from cutover.context import RunContext
from cutover.journal.check import Check
from cutover.postgres.blue_green import arrival, fence, live, outside, way_back
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.lag import Lag
from cutover.postgres.blue_green.names import SideName, other
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
            worst = seen if worst is None or seen.seconds > worst.seconds else worst
            left = until - time.monotonic()
            if left <= 0:
                break
            ctx.cancel.wait(min(PAUSE, left))
        checks = [outside.check(ctx, ends, "green"), _fence(ends, "blue"), _follows(ctx, ends, "green", worst)]
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
        return {"live": now.origin, **sample(ctx)}


def _fence(ends: Ends, side: SideName) -> Check:
    with ends.open(side, "watch") as db:
        up = fence.is_up(db, ends.names)
    text = f"{side} refuses every write" if up else f"{side} can be written to although {other(side)} is live"
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
