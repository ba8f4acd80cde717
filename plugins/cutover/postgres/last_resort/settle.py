"""End a restore that nobody carries on: a rollback without a rollback point finds the doors as it expects them."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.last_resort import cleaning, ground, memory
from cutover.postgres.last_resort.ground import Ground
from cutover.postgres.last_resort.restore import finish


def settle(ctx: RunContext) -> dict[str, Any]:
    """Open the doors to what was live before the renaming, or finish what was renamed; nothing begun: nothing done.

    :returns: ``{"settled": None}``, or ``"called off"``, or ``"finished"`` with what :func:`restore` returns.
    """
    ends = Ends.of(ctx)
    now = Ground.of(ctx, ends)
    if not now.swapped() and now.under_way() is None and not memory.any_restore(ctx):
        return {"settled": None}
    with ground.alone(ctx, ground.STEP):
        now = Ground.of(ctx, ends)
        if now.swapped():
            return {"settled": "finished", **finish(ctx, ends)}
        if now.under_way() is None:
            return {"settled": "finished", "dropped": cleaning.after(ctx, ends)}
        ctx.log.warning("going back to rollback point %s was begun and not ended", now.under_way())
        cleaning.reopen(ctx, ends, now.side)
    return {"settled": "called off"}
