"""Take a run's database back to a rollback point: doors closed, what is there kept, both databases renamed, opened."""

from __future__ import annotations

import time
from typing import Any

from cutover import hooks, points
from cutover.context import RunContext
from cutover.postgres import sessions
from cutover.postgres.backup import Vault, check, load
from cutover.postgres.blue_green import fence, state
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.blue_green.steps.cut_over import settle_attempt
from cutover.postgres.last_resort import cleaning, ground, memory, others
from cutover.postgres.last_resort.errors import LossNotAccepted
from cutover.postgres.last_resort.ground import STEP, UNDER_WAY, Ground
from cutover.postgres.last_resort.look import fill
from cutover.postgres.stop_the_world import beside, clock, doors, saving, shutting, swapping, written
from cutover.postgres.stop_the_world.clock import Moment
from cutover.postgres.stop_the_world.doors import Attempt

# Whatever of the run a killed worker may have left at work, whichever its strategy is.
STEPS = ("backfill", "copying", "build", "migrate", "index", "backup", "open", "close", "drain")


def restore(ctx: RunContext, point: str, vault: Vault | None, *, accept_loss: bool) -> dict[str, Any]:
    """Put a rollback point in the place of the run's source; safe to call again after it was interrupted anywhere.

    Until the renaming an error opens the doors again, to what was live.

    :param accept_loss: somebody has seen what :func:`look` says, and wants it all the same.
    :returns: ``{"was_swapped": True, "restored", "kept", "lost", "downtime_s", "dropped", "hooks", "seconds"}``;
        ``lost``: what :func:`look` has found, and ``later``: what was written between that and the closing of the
        doors; None where nobody has looked.
    :raises LossNotAccepted: nobody has. And as :func:`look`.
    """
    began, ends = time.monotonic(), Ends.of(ctx)
    if not accept_loss:
        raise LossNotAccepted(
            f"going back to rollback point {point} loses whatever was written since.",
            fix="look at what that is, and accept it: the task `confirm_loss`, or accept_loss in the form.",
        )
    with ground.alone(ctx, STEP):
        done_before = memory.recall(ctx, point)
        if not Ground.of(ctx, ends).swapped():
            if done_before:
                return {**done_before, "dropped": cleaning.after(ctx, ends)}
            _replace(ctx, ends, point, saving.need(vault, "going back to a rollback point", read=True))
        figures = finish(ctx, ends)
        done = hooks.run(ctx, "rolled_back", figures)
    return {**figures, "hooks": done, "seconds": round(time.monotonic() - began, 3)}


def finish(ctx: RunContext, ends: Ends) -> dict[str, Any]:
    """Open the doors to the restored database, and remove what the run has left."""
    figures = _open(ctx, ends)
    points.reach("last.opened")
    memory.remember(ctx, figures)
    points.reach("last.remembered")
    return {**figures, "dropped": cleaning.after(ctx, ends)}


def _replace(ctx: RunContext, ends: Ends, point: str, vault: Vault) -> None:
    """Up to the renaming, doors closed afterwards."""
    if beside.complete(ctx, ends, point, STEP):
        manifest = load(vault.store, point)
    else:
        manifest = check(vault.store, point, vault.identity, expects=ends.info("blue"), ctx=ctx)
        others.refuse(ctx)
        fill(ctx, ends, vault, manifest)
    if ctx.spec.strategy == "blue_green" and Ground.of(ctx, ends).under_way() is None:
        settle_attempt(ctx, ends)  # a cutover that was interrupted; not our own doors
    side = Ground.of(ctx, ends).side
    _end_ours(ctx, ends, side)
    _shut(ctx, ends, side, point)
    try:
        kept = _keep(ctx, ends, side, vault, point)
        points.reach("last.kept")
        _hand_over(ctx, ends, side, kept)
        swapping.swap(ctx, ends)
    except BaseException as error:
        cleaning.call_off(ctx, ends, side, error)
        raise
    text = f"{ends.info('blue').dbname} is what rollback point {point} was; what it had become is kept as {kept}"
    ctx.journal.event(ctx.run_id, "restored", text, data={"point": point, "kept": kept})
    points.reach("last.swapped")


def _end_ours(ctx: RunContext, ends: Ends, side: SideName) -> None:
    """The run's lock is ours: whatever else of it is still at work has no process any more."""
    with ends.open(side, STEP) as db:
        for step in STEPS:
            sessions.end(ctx, db, step)


def _shut(ctx: RunContext, ends: Ends, side: SideName, point: str) -> None:
    with ends.open(side, STEP) as db:
        state.prepare(db)
        state.add(db, ctx.run_id, ends.number, side, live=True, phase="building")
        state.put(db, ctx.run_id, **{UNDER_WAY: point})
        # Who keeps a table locked now is waited for, and ended, when the doors close.
        fence.prepare(ctx, db, ends.names, up=False, tight=True, once=True)
    points.reach("last.begun")
    shutting.shut(ctx, ends, side, must=False)
    points.reach("last.shut")


def _keep(ctx: RunContext, ends: Ends, side: SideName, vault: Vault, point: str) -> str:
    """Keep what is there now: it is about to be replaced."""
    with ends.open(side, STEP) as db:
        row = state.find(db, ctx.run_id)
        if row and row.detail.get("kept"):
            return str(row.detail["kept"])
        found = saving.keep(ctx, ends, side, vault, f"before going back to {point}")
        state.put(db, ctx.run_id, kept=found.name)
    return found.name


def _hand_over(ctx: RunContext, ends: Ends, side: SideName, kept: str) -> None:
    """Tell the restored database what its predecessor knew: it answers for the run from now on."""
    with ctx.open(beside.info(ends), STEP) as db, ends.open(side, STEP) as live, ends.open("blue", STEP) as blue:
        mine, row, source = state.find(db, ctx.run_id), state.find(live, ctx.run_id), state.find(blue, ctx.run_id)
        lost = dict(mine.detail.get("lost") or {}) if mine else {}
        if "counted" in lost:
            lost["later"] = written.since(live, lost.pop("counted"), lost["at"]).as_dict()
        state.put(
            db,
            ctx.run_id,
            kept=kept,
            lost=lost or None,
            closing_at=row.detail.get("closing_at") if row else None,
            made_green=source.detail.get("made_green") if source else None,
        )


def _open(ctx: RunContext, ends: Ends) -> dict[str, Any]:
    """Let clients go on at the source; nothing that an earlier attempt has on its way can take effect any more."""
    me, now = Attempt.of(ctx), Ground.of(ctx, ends)
    if now.green is not None:
        with ends.open("green", STEP) as green:
            doors.seize(green, me)
    with ends.open("blue", STEP) as blue:
        doors.seize(blue, me)
        row = state.find(blue, ctx.run_id)
        moment = Moment.of(blue)
    detail = dict(row.detail) if row else {}
    led = shutting.reopen(ctx, ends, "blue", me)
    seconds = moment.since(str(detail["closing_at"])) - led.ago() if detail.get("closing_at") else 0.0
    found = clock.figures(ctx, max(seconds, 0.0), seen=led.seen)
    ctx.journal.event(ctx.run_id, shutting.KIND, f"the doors are open after {found['downtime_s']} s", data=found)
    return {
        "was_swapped": True,
        "restored": detail.get("restored"),
        "kept": detail.get("kept"),
        "lost": detail.get("lost"),
        "downtime_s": found["downtime_s"],
    }
