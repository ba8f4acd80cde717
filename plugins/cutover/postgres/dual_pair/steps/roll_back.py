"""Roll back from any phase: blue goes live, the flag goes back one mode at a time, and only then green goes."""

from __future__ import annotations

from typing import Any, Literal

from cutover import points
from cutover.context import RunContext
from cutover.flags import FlagUnknown
from cutover.postgres.blue_green.steps import roll_back as pair
from cutover.postgres.dual_pair.leading import follow_live
from cutover.postgres.dual_write import flagging
from cutover.postgres.dual_write.steps.roll_back import flag_back
from cutover.postgres.online import guard

PATIENCE = 60


def roll_back(
    ctx: RunContext, *, accept_loss: bool = False, new_side: Literal["remove", "keep"] = "remove"
) -> dict[str, Any]:
    """Take the run back; safe to call again after it was interrupted anywhere, and when nothing was built.

    :param accept_loss: go back although some of what was written on green does not arrive on blue.
    :param new_side: ``keep`` leaves green there, as it is; nothing follows or fences it any more.
    :returns: see :func:`cutover.postgres.blue_green.steps.roll_back.roll_back`, and ``new_side``.
    :raises WouldLose: naming what keeps it from arriving; nothing has changed.
    :raises NotAcknowledged: an instance does not follow the flag back; run it again, or answer for the instance.
    """
    kept = new_side == "keep"
    with guard.alone(ctx, "roll-back", patience=PATIENCE):
        follow_live(ctx)
    figures = pair.roll_back(ctx, accept_loss=accept_loss, keep_green=kept, before_removal=lambda: _flag_back(ctx))
    return {**figures, "new_side": "kept" if kept else "removed"}


def _flag_back(ctx: RunContext) -> None:
    """Nobody reads green when it goes. A run that has not come to the flag has none."""
    try:
        flagging.store(ctx).get(ctx.spec.name)
    except FlagUnknown:
        return
    flag_back(ctx)
    points.reach("dual.roll_back.flag")
