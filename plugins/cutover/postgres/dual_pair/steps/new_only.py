"""The cutover: applications write green only, and blue follows it."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.postgres.blue_green.steps.cut_over import cut_over
from cutover.postgres.dual_pair.leading import follow_live
from cutover.postgres.dual_write import flagging
from cutover.postgres.dual_write.steps.turn import refuse_unready
from cutover.postgres.online import guard


def new_only(ctx: RunContext) -> dict[str, Any]:
    """Make green live, and let the flag say so; a run that has done so is left there.

    :returns: see :func:`cutover.postgres.blue_green.steps.cut_over.cut_over`.
    :raises NotReady: not all reads go to the new side.
    :raises NotCrossed: applications could not be held, or green was not there in time; they write as before.
    """
    with guard.alone(ctx, "new-only"):
        follow_live(ctx)
    refuse_unready(ctx)
    before = flagging.current(ctx)
    figures = cut_over(ctx)
    flag = flagging.current(ctx)
    if flag.version != before.version:
        ctx.journal.event(ctx.run_id, "flag", f"{before} -> {flag}", data={"version": flag.version})
    flagging.await_acknowledged(ctx, flag)
    return figures
