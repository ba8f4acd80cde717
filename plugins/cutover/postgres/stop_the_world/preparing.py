"""What is done before the doors close: the run's state, the fence, still lowered, the schema of another database."""

from __future__ import annotations

from cutover import points
from cutover.context import Db, RunContext
from cutover.postgres.blue_green import ddl_watch, fence, making, state
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.stop_the_world import form


def ready(ctx: RunContext, ends: Ends, blue: Db) -> bool:
    """Make everything ready that can be while clients work; returns whether anything had to be made.

    Called again it looks whether all still fits: tables that were made since get their fence, and a green whose model
    was changed is made anew.

    :raises GreenNotEmpty, RolesMissing, SchemaNotRestored, UpFailed, MappingRefused: green cannot be made.
    """
    state.prepare(blue)
    state.add(blue, ctx.run_id, ends.number, "blue", live=True, phase="building")
    side = state.find(blue, ctx.run_id)
    assert side is not None, "it was just written"
    made = _green(ctx, ends, blue) if form.across(ctx) else False
    if not form.across(ctx) and side.live and ddl_watch.remembered(ctx, blue) is None:
        ddl_watch.remember(ctx, blue)
    points.reach("stw.prepare.made")
    # Who keeps a table locked now is waited for, and ended, when the doors close.
    fenced = fence.prepare(ctx, blue, ends.names, up=not side.live, tight=True, once=side.live)
    points.reach("stw.prepare.fenced")
    return bool(made or fenced)


def _green(ctx: RunContext, ends: Ends, blue: Db) -> bool:
    made = making.database(ctx, ends, blue)
    with ends.open("green", "build") as green:
        there = state.find(green, ctx.run_id)
        if there and there.at_least("built"):
            changes = ddl_watch.changes(ctx, blue)
            if not changes:
                return False
            ctx.log.warning("the source's schema has changed, so green is made anew: %s", "; ".join(changes[:5]))
            state.set_phase(green, ctx.run_id, "building")
        making.begin(ctx, ends, green)
    making.tell(ctx, making.make(ctx, ends, blue, made, lambda _: None, followed=False))
    return True
