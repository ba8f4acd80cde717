"""Take away what a run has made on either side; every part may be gone already, and one side may be away."""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from cutover import points
from cutover.context import Db, RunContext
from cutover.errors import Cancelled, CutoverError
from cutover.postgres import maintenance, sessions
from cutover.postgres.blue_green import (
    contents,
    design,
    fence,
    fill,
    identity,
    publication,
    slot,
    state,
    subscription,
)
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SideName, other

STEPS = ("copying", "restore", "dump", "vacuum", "refresh")


class NotRemoved(CutoverError):
    """Something of the run is left, mostly because a server is away."""

    code = "BGR037"


def everything(ctx: RunContext, ends: Ends, *, keep_green: bool = False) -> list[str]:
    """Remove the run from both sides, and green's contents too unless ``keep_green``.

    Goes as far as it can: what one side refuses does not keep the other from being cleaned. Blue is left as it was
    before the run; of green remains what was there before it: nothing, or an empty database with its extensions.

    :returns: what was removed, in words.
    :raises NotRemoved: naming what is left and why; run again once that is mended.
    """
    done: list[str] = []
    left: list[str] = []

    def attempt(what: str, work: Callable[[], object]) -> None:
        try:
            if work() is not False:
                done.append(what)
        except Cancelled:
            raise
        except (CutoverError, psycopg.Error) as error:
            ctx.cancel.check()
            left.append(f"{what}: {error.what if isinstance(error, CutoverError) else str(error).strip()}")
        points.reach("bg.remove.part")

    made_green = _made_green(ctx, ends)
    followers: tuple[SideName, ...] = ("green", "blue")
    for follower in followers:
        attempt(f"subscription on {follower}", lambda side=follower: _unsubscribe(ends, side))  # type: ignore[misc]
    for side in followers:
        attempt(f"slot and publication on {side}", lambda side=side: _unpublish(ctx, ends, side))  # type: ignore[misc]
    attempt("design", lambda: design.drop(ends))
    if not keep_green and made_green:
        attempt("green's database", lambda: _drop_green(ctx, ends))
    else:
        attempt("triggers, rows and state on green", lambda: clean(ctx, ends, "green", wipe=not keep_green))
    if left:  # blue's state is what a next attempt knows the run by
        attempt("triggers on blue", lambda: clean(ctx, ends, "blue", forget=False))
        raise NotRemoved(
            f"run {ctx.run_id!r}: some of it is left: " + "; ".join(left) + ".",
            fix="see that both servers are there and take the login, then run the step again.",
        )
    attempt("triggers and state on blue", lambda: clean(ctx, ends, "blue"))
    if left:
        raise NotRemoved(f"run {ctx.run_id!r}: some of it is left: {'; '.join(left)}.", fix="run the step again.")
    return done


def _made_green(ctx: RunContext, ends: Ends) -> bool:
    """Whether the run has made the green database; blue knows, and without blue nothing is dropped."""
    try:
        with ends.open("blue", "remove") as db:
            side = state.find(db, ctx.run_id)
    except CutoverError:
        return False
    return bool(side and side.detail.get("made_green"))


def _unsubscribe(ends: Ends, follower: SideName) -> bool:
    if not _there(ends, follower):
        return False
    with ends.open(follower, "remove") as db:
        there = subscription.find(db, ends.names.flow(other(follower))) is not None
        subscription.drop_here(db, ends.names, other(follower))
    return there


def _unpublish(ctx: RunContext, ends: Ends, side: SideName) -> bool:
    if not _there(ends, side):
        return False
    name = ends.names.flow(side)
    with ends.open(side, "remove") as db:
        for step in STEPS:
            sessions.end(ctx, db, step)
        there = slot.find(db, name) is not None or publication.exists(db, name)
        slot.drop(db, name)
        publication.drop(db, ends.names, side)
    return there


def _there(ends: Ends, side: SideName) -> bool:
    """Whether the side's database exists; green may not, or not any more."""
    return side == "blue" or maintenance.there(ends.ctx, ends.info(side), "remove")


def _drop_green(ctx: RunContext, ends: Ends) -> bool:
    with maintenance.beside(ctx, ends.info("green"), "remove") as db:
        there = maintenance.exists(db, ends.info("green").dbname)
        if there:
            maintenance.drop(db, ends.info("green").dbname)
    return there


def clean(ctx: RunContext, ends: Ends, name: SideName, *, wipe: bool = False, forget: bool = True) -> bool:
    """Take triggers and replica identities back, then the state, which remembers what they were."""
    if not _there(ends, name):
        return False
    with ends.open(name, "remove") as db:
        side = state.find(db, ctx.run_id)
        if side is None:
            return False
        if wipe:
            contents.wipe(db, side.detail.get("extensions", []))
        else:
            _disarm(ctx, db, ends, name, side)
        if forget:
            state.forget(db, ctx.run_id)
    return True


def _disarm(ctx: RunContext, db: Db, ends: Ends, name: SideName, side: state.Side) -> None:
    fill.drop(db, ends.names, name, side.tables)
    identity.restore(ctx, db)
    fence.remove(ctx, db, ends.names)
