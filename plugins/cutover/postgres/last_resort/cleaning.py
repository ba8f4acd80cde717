"""What is removed after a restore, and what is done when one is given up."""

from __future__ import annotations

from dataclasses import replace

import psycopg

from cutover import points
from cutover.context import CancelToken, RunContext
from cutover.errors import CutoverError
from cutover.postgres import maintenance
from cutover.postgres.blue_green import claims, remove, state, subscription
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.last_resort import ground
from cutover.postgres.last_resort.ground import STEP, UNDER_WAY
from cutover.postgres.stop_the_world import beside, doors, form, shutting
from cutover.postgres.stop_the_world.doors import Attempt


def after(ctx: RunContext, ends: Ends) -> list[str]:
    """Remove the run from both sides, and the database that was replaced; return what was removed.

    Subscriptions keep a database, and slots belong to one: the replaced one still has both.
    """
    old, dropped = ground.aside(ends), list[str]()
    there = maintenance.there(ctx, old, STEP)
    if there and form.across(ctx):
        with ctx.open(old, STEP) as db:
            subscription.drop_here(db, ends.names, "green")
    points.reach("last.unsubscribed")
    if form.across(ctx):
        dropped += remove.everything(ctx, ends)
    elif remove.clean(ctx, ends, "blue"):
        dropped.append("triggers and state on blue")
    points.reach("last.cleaned")
    with maintenance.beside(ctx, ends.info("blue"), STEP) as db:
        for info in (beside.info(ends), old):
            if maintenance.exists(db, info.dbname):
                maintenance.drop(db, info.dbname)
                dropped.append(f"database {info.dbname}")
    return dropped


def call_off(ctx: RunContext, ends: Ends, side: SideName, why: BaseException) -> None:
    """Open the doors again to what was live, also when an operator has stopped the step."""
    text = str(why).strip().splitlines()[0] if str(why).strip() else type(why).__name__
    ctx.log.warning("the rollback point does not take its place: %s; opening the doors again", text)
    alive = replace(ctx, cancel=CancelToken())
    try:
        reopen(alive, replace(ends, ctx=alive), side)
    except (CutoverError, psycopg.Error, OSError) as error:
        ctx.log.error("the doors could not be opened again: %s; the next attempt, or a rollback, opens them", error)


def reopen(ctx: RunContext, ends: Ends, side: SideName) -> None:
    """Let clients go on where they were. A database that had nothing of the run before has nothing afterwards."""
    me = Attempt.of(ctx)
    with ends.open(side, STEP) as db:
        if doors.seize(db, me) is None:
            return
    shutting.reopen(ctx, ends, side, me, **{UNDER_WAY: None, "kept": None})
    ctx.journal.event(ctx.run_id, shutting.KIND, "going back to the rollback point was given up; the doors are open")
    with ends.open(side, STEP) as db:
        state.put(db, ctx.run_id, **{UNDER_WAY: None})
        claims.release(db, me)
    if ctx.spec.strategy == "online":
        remove.clean(ctx, ends, "blue")
