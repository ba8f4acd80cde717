"""Back from another database that clients were let in to: the source is there, untouched since the doors closed."""

from __future__ import annotations

from typing import Any

from cutover import points
from cutover.context import RunContext
from cutover.postgres.backup import Vault
from cutover.postgres.blue_green import state
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.stop_the_world import doors, saving, shutting, written
from cutover.postgres.stop_the_world.doors import Attempt
from cutover.postgres.stop_the_world.errors import WouldLose
from cutover.postgres.stop_the_world.standing import Standing
from cutover.postgres.stop_the_world.written import Written


def needed(now: Standing) -> bool:
    """Whether clients were let in to another database, and the source does not take writes again yet."""
    was_open = bool(now.green and now.green.detail.get("opened_at"))
    return now.across and was_open and not (now.blue and now.blue.live)


def lead(ctx: RunContext, ends: Ends, accept_loss: bool, vault: Vault | None) -> dict[str, Any]:
    """Close the doors of green, and keep what was written there. Until the source is opened, green can be again.

    :raises WouldLose: something was written, and nobody has accepted that; clients go on at green.
    """
    refuse_loss(ctx, _look(ctx, ends), accept_loss, vault)
    shutting.shut(ctx, ends, "green", must=False)
    points.reach("stw.go_back.shut")
    lost = _look(ctx, ends)
    try:
        refuse_loss(ctx, lost, accept_loss, vault)
    except WouldLose:  # written in the last moment
        shutting.reopen(ctx, ends, "green", _seized(ctx, ends))
        raise
    kept = _keep(ctx, ends, vault, lost) if lost.anything else None
    points.reach("stw.go_back.kept")
    figures = {"kept": kept, "lost": lost.as_dict() if lost.anything else None}
    with ends.open("green", "roll-back") as green, ends.open("blue", "roll-back") as blue:
        row = state.find(green, ctx.run_id)
        closing_at = row.detail.get("closing_at") if row else None
        state.put(blue, ctx.run_id, went_back=True, closing_at=closing_at, **figures)
    return {**figures, "was_swapped": True}


def refuse_loss(ctx: RunContext, lost: Written, accept_loss: bool, vault: Vault | None) -> None:
    """:raises WouldLose: something was written, and nobody has accepted that it will not be there.
    :raises NoVault: it is to be kept, and there is nowhere to.
    """
    if not lost.anything:
        return
    if not accept_loss:
        raise WouldLose(
            f"going back with run {ctx.run_id!r} loses {lost}. Nothing has changed.",
            fix="roll back with accept_loss: what was written is kept in a rollback point first; or keep the new state"
            " and mend it.",
        )
    saving.need(vault, "going back")


def _look(ctx: RunContext, ends: Ends) -> Written:
    with ends.open("green", "roll-back") as db:
        row = state.find(db, ctx.run_id)
        detail = row.detail if row else {}
        return written.since(db, detail.get("counted"), detail.get("opened_at"))


def _seized(ctx: RunContext, ends: Ends) -> Attempt:
    me = Attempt.of(ctx)
    with ends.open("green", "roll-back") as db:
        doors.seize(db, me)
    return me


def _keep(ctx: RunContext, ends: Ends, vault: Vault | None, lost: Written) -> str:
    with ends.open("green", "roll-back") as db:
        row = state.find(db, ctx.run_id)
        if row and row.detail.get("kept"):
            return str(row.detail["kept"])
        found = saving.keep(ctx, ends, "green", saving.need(vault, "going back"), f"before going back: {lost}")
        state.put(db, ctx.run_id, kept=found.name)
    return found.name
