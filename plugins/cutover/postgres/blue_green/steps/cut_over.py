"""Cut over: green goes live, in one process, and blue follows it from then on."""

from __future__ import annotations

import contextlib
from typing import Any

import psycopg

from cutover import points
from cutover.context import RunContext
from cutover.errors import ConnectionRefused, CutoverError
from cutover.postgres import maintenance
from cutover.postgres.blue_green import clearance, crossing, ddl_watch, exact, recovery, state, way_back
from cutover.postgres.blue_green.clearance import NotReady
from cutover.postgres.blue_green.crossing import leg_of
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.state import Side
from cutover.postgres.blue_green.steps import both_ways
from cutover.postgres.online import guard


class SchemaChanged(CutoverError):
    """Blue is not what green was made from any more."""

    code = "BGR062"


def cut_over(ctx: RunContext) -> dict[str, Any]:
    """Make green live; once it is, a further call only sees to the way back.

    :returns: ``{"pause_ms", "parts_ms", "sequences", "attempts", "lag_seconds", "refused", "exact"}``, or
        ``{"already": True}``; with ``both_ways`` where the spec asks for that.
    :raises NotCrossed: clients are on blue, as if nothing had been.
    :raises SchemaChanged: blue's schema was changed during the run.
    :raises Diverged: green is live, and was not equal to blue when it became so.
    """
    ends = Ends.of(ctx)
    with guard.alone(ctx, "cutover"):
        settle_attempt(ctx, ends)
        green = _green(ctx, ends)
        if green.live:
            return {**_after(ctx, ends, {"already": True}), **_both_ways(ctx, ends)}
        leg = leg_of(ends, "blue")
        clearance.refuse_unready(leg)
        _refuse_changes(ctx, ends)
        way_back.prepare(ctx, ends, green, "green")
        with contextlib.ExitStack() as closing:
            crossed = crossing.cross(ctx, ends, "blue", closing, back=True)
            ctx.log.info("green is live after %s ms of pause: %s", crossed.switched.pause_ms, crossed.switched.parts)
            points.reach("bg.cut_over.crossed")
            figures = _after(ctx, ends, crossed.figures())
            figures["exact"] = exact.compare(ctx, green.tables, crossed.switched.frozen, origin="blue")
        exact.refuse_difference(figures["exact"])
        return {**figures, **_both_ways(ctx, ends)}


def _both_ways(ctx: RunContext, ends: Ends) -> dict[str, Any]:
    return {"both_ways": both_ways.open_up(ctx, ends)} if ctx.spec.replication.both_ways else {}


def _refuse_changes(ctx: RunContext, ends: Ends) -> None:
    with ends.open("blue", "cutover") as db:
        changes = ddl_watch.changes(ctx, db)
    if changes:
        raise SchemaChanged(
            f"blue's schema was changed after green was made from it: {'; '.join(changes[:5])}.",
            fix="undo the change on blue, or roll the run back and begin again; DDL does not replicate.",
        )


def settle_attempt(ctx: RunContext, ends: Ends) -> None:
    """Bring an attempt to its end that was left in the middle, by a worker that died together with its watchdog."""
    if not maintenance.there(ctx, ends.info("green"), "cutover"):
        return  # the run has not come to making it, or has dropped it again: no attempt was ever possible
    left = recovery.unfinished(leg_of(ends, "blue"))
    if left:
        ctx.log.warning("an earlier attempt at the cutover was left in the middle; settling it")
        went = recovery.recover(left)
        ctx.journal.event(ctx.run_id, "cutover settled", f"an attempt that had died was brought {went}")


def _green(ctx: RunContext, ends: Ends) -> Side:
    with ends.open("green", "cutover") as db:
        side = state.find(db, ctx.run_id)
    if side is None:
        raise NotReady(
            f"run {ctx.run_id!r} is not ready for the cutover: nothing of it is on green.",
            fix="run the steps before it: build, copy, index, follow, verify.",
        )
    return side


def _after(ctx: RunContext, ends: Ends, figures: dict[str, Any]) -> dict[str, Any]:
    """What has to be there once green is live. Blue may be away just now: then the way back opens when it is back."""
    ctx.journal.mark_swapped(ctx.run_id, ctx.spec.rollback.window)
    with ends.open("blue", "cutover") as db:
        if both_ways.is_open(state.find(db, ctx.run_id)):
            return figures
    try:
        way_back.open_up(ctx, ends, "green")
    except (psycopg.OperationalError, ConnectionRefused) as error:
        ctx.log.error("the way back is not open yet: %s", error)
        raise
    return figures
