"""Begin to write both sides: the flag says so, and every instance has taken it up."""

from __future__ import annotations

from typing import Any

from cutover import points
from cutover.context import RunContext
from cutover.flags import Mode
from cutover.postgres.dual_write import flagging


def write_both(ctx: RunContext) -> dict[str, Any]:
    """Move the flag to ``dual_write_read_old`` and wait for all instances; a run that is further is left there.

    :returns: ``{"version", "instances", "seconds"}``.
    :raises TooFewInstances: not as many follow the flag as the migration says; nothing has changed.
    :raises NotAcknowledged: an instance works by an older version for too long.
    """
    flag = flagging.current(ctx)
    alive = flagging.refuse_too_few(ctx)
    if flag.mode is Mode.OLD_ONLY:
        flag = flagging.move(ctx, Mode.DUAL_WRITE_READ_OLD)
    points.reach("dual.enable.moved")
    seconds = flagging.await_acknowledged(ctx, flag)
    ctx.log.info("%d instances work by %s", alive, flag)
    return {"version": flag.version, "instances": alive, "seconds": round(seconds, 3)}
