"""Roll back from any instant: the doors open to the old state, which was kept untouched or is restored."""

from __future__ import annotations

import time
from typing import Any

from cutover import hooks, points
from cutover.context import Db, RunContext
from cutover.postgres import sessions
from cutover.postgres.backup import Vault
from cutover.postgres.blue_green import ddl_watch, remove, state
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.stop_the_world import clock, doors, form, going_back, restoring, shutting
from cutover.postgres.stop_the_world.clock import Moment
from cutover.postgres.stop_the_world.doors import Attempt
from cutover.postgres.stop_the_world.errors import NotAsBefore
from cutover.postgres.stop_the_world.standing import Standing

# What a killed worker may have left at work.
STEPS = ("migrate", "copying", "build", "backup", "open", "close")


def roll_back(ctx: RunContext, *, accept_loss: bool = False, vault: Vault | None = None) -> dict[str, Any]:
    """Take the run back; safe to call again after it was interrupted anywhere, and when nothing was begun.

    :param accept_loss: go back although clients have written since the doors were opened: that is kept in a rollback
        point of its own, and is not there afterwards.
    :param vault: where rollback points are; needed in place once the migration has run, and across when something was
        written.
    :returns: ``{"was_swapped", "downtime_s", "restored": point or None, "kept": point or None, "lost": {...} or None,
        "dropped": [what was removed], "hooks", "seconds"}``.
    :raises WouldLose: naming tables, rows and minutes; nothing has changed.
    :raises NoVault, PointUnknown: there is nothing to go back to; nothing has changed.
    :raises NotAsBefore: it is back, but something is not as it was.
    """
    began, ends = time.monotonic(), Ends.of(ctx)
    with form.alone(ctx, "roll-back", patience=60):
        _end_ours(ctx, ends)
        figures = _roll_back(ctx, ends, accept_loss, vault)
        points.reach("stw.roll_back.removed")
        done = hooks.run(ctx, "rolled_back", figures)
    return {**figures, "hooks": done, "seconds": round(time.monotonic() - began, 3)}


def _roll_back(ctx: RunContext, ends: Ends, accept_loss: bool, vault: Vault | None) -> dict[str, Any]:
    now = Standing.of(ctx, ends)
    figures: dict[str, Any] = {"was_swapped": False, "downtime_s": 0.0, "restored": None, "kept": None, "lost": None}
    if now.blue is None:
        return {**figures, "dropped": remove.everything(ctx, ends) if now.green else []}
    if going_back.needed(now):
        figures |= going_back.lead(ctx, ends, accept_loss, vault)
    elif restoring.needed(now):
        figures |= restoring.restore(ctx, ends, now, accept_loss, vault)
    points.reach("stw.roll_back.decided")
    figures |= _open(ctx, ends)
    points.reach("stw.roll_back.opened")
    changes = _changes(ctx, ends)
    dropped = restoring.drop_aside(ctx, ends)
    if form.across(ctx):
        dropped += remove.everything(ctx, ends)
    elif remove.clean(ctx, ends, "blue"):
        dropped.append("triggers and state on blue")
    if changes:
        raise NotAsBefore(
            f"run {ctx.run_id!r} was rolled back, but the schema is not what it was: {'; '.join(changes[:5])}.",
            fix="see who has changed it; the run's own traces are removed.",
        )
    return {**figures, "dropped": dropped}


def _open(ctx: RunContext, ends: Ends) -> dict[str, Any]:
    """Let clients go on at the source; nothing that an earlier attempt has on its way can take effect any more."""
    me, detail = Attempt.of(ctx), dict[str, Any]()
    now = Standing.of(ctx, ends)
    if now.green is not None:
        with ends.open("green", "roll-back") as green:
            doors.seize(green, me)
    with ends.open("blue", "roll-back") as blue:
        doors.seize(blue, me)
        row = state.find(blue, ctx.run_id)
        detail = dict(row.detail) if row else {}
        moment, closing_at = Moment.of(blue), detail.get("closing_at")
    led = shutting.reopen(ctx, ends, "blue", me)
    if not closing_at:
        return {}
    found = clock.figures(ctx, moment.since(str(closing_at)) - led.ago(), seen=led.seen)
    text = f"rolled back: the doors are open to the old state after {found['downtime_s']} s"
    ctx.journal.event(ctx.run_id, shutting.KIND, text, data=found)
    return {
        "downtime_s": found["downtime_s"],
        "was_swapped": bool(detail.get("went_back") or detail.get("restored")),
        "restored": detail.get("restored"),
        "kept": detail.get("kept"),
        "lost": detail.get("lost"),
    }


def _changes(ctx: RunContext, ends: Ends) -> list[str]:
    """What is another schema than before the run."""
    with ends.open("blue", "roll-back") as db:
        return ddl_watch.changes(ctx, db) if ddl_watch.remembered(ctx, db) else []


def _end_ours(ctx: RunContext, ends: Ends) -> None:
    """The run's lock is ours: whatever else of it is still at work on a server has no process any more."""
    sides: list[SideName] = ["blue"]
    if Standing.of(ctx, ends).green is not None:
        sides.append("green")
    for side in sides:
        with ends.open(side, "roll-back") as db:
            _end_all(ctx, db)


def _end_all(ctx: RunContext, db: Db) -> None:
    for step in STEPS:
        sessions.end(ctx, db, step)
