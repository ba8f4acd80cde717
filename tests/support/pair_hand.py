"""A pair that follows, linked by hand: tests of single parts need none of the steps that make one."""

from __future__ import annotations

from collections.abc import Sequence

from cutover.context import RunContext
from cutover.postgres.blue_green import ddl_watch, fence, publication, slot, state, subscription
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.tables import TableMap
from support.pair_world import PairWorld


def link(pair: PairWorld, ctx: RunContext, tables: Sequence[TableMap], *, follow: bool = True) -> Ends:
    """Make everything that a run makes, up to ``follow``, for tables that exist on both sides with the same rows."""
    ends = Ends.of(ctx)
    with ends.open("blue", "test") as blue, ends.open("green", "test") as green:
        for side, db in (("blue", blue), ("green", green)):
            state.prepare(db)
            state.add(db, ctx.run_id, ends.number, side, live=side == "blue", phase="following")  # type: ignore[arg-type]
            state.set_tables(db, ctx.run_id, tables)
        ddl_watch.remember(ctx, blue)
        publication.ensure(blue, ends.names, "blue", tables)
        slot.ensure(blue, ends.names.flow("blue"))
        fence.prepare(ctx, blue, ends.names, up=False)
        fence.prepare(ctx, green, ends.names, up=True)
    if follow:
        subscription.ensure(ends, "blue")
    return ends


def unlink(ends: Ends) -> None:
    """Take the flow away, so that the databases can be dropped."""
    for side in ("blue", "green"):
        subscription.drop(ends, side)  # type: ignore[arg-type]
        with ends.open(side, "test") as db:  # type: ignore[arg-type]
            slot.drop(db, ends.names.flow(side))  # type: ignore[arg-type]


def plain(table: str, *columns: str, key: Sequence[str] = ("id",), **more: object) -> TableMap:
    """Return the map of a table that is the same on both sides."""
    values = {"key": tuple(key), "columns": columns, "shared": columns, **more}
    return TableMap("public", table, **values)  # type: ignore[arg-type]
