"""The way back: what is written on green flows to blue for the whole window."""

from __future__ import annotations

from cutover import points
from cutover.context import RunContext
from cutover.postgres.blue_green import fill, publication, slot, subscription
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SideName, other
from cutover.postgres.blue_green.state import Side


def prepare(ctx: RunContext, ends: Ends, side: Side, origin: SideName) -> None:
    """Have everything ready that can be before ``origin`` goes live: only the subscription comes after it.

    The slot is made anew: one that an earlier attempt has left keeps WAL from then on.
    """
    names, follower = ends.names, other(origin)
    with ends.open(follower, "way-back") as db:
        fill.ensure(db, names, follower, side.tables)
    with ends.open(origin, "way-back") as db:
        publication.ensure(db, names, origin, side.tables)
        slot.drop(db, names.flow(origin))
        slot.ensure(db, names.flow(origin))
    points.reach("bg.way_back.prepared")


def open_up(ctx: RunContext, ends: Ends, origin: SideName) -> None:
    """Let the other side follow ``origin``, which is live by now; and take the old way away."""
    follower = other(origin)
    with ends.open(origin, "way-back") as db:
        slot.ensure(db, ends.names.flow(origin))
    subscription.ensure(ends, origin)
    points.reach("bg.way_back.open")
    close_down(ctx, ends, follower)


def close_down(ctx: RunContext, ends: Ends, origin: SideName) -> None:
    """Take away the flow of what was written on ``origin``, as far as there still is one."""
    names = ends.names
    try:
        subscription.drop(ends, origin)
    finally:
        with ends.open(origin, "way-back") as db:
            slot.drop(db, names.flow(origin))
            publication.drop(db, names, origin)
    ctx.log.info("%s is not followed any more", ends.info(origin).label())


def is_open(ends: Ends, origin: SideName) -> bool:
    """Whether the other side subscribes to what is written on ``origin``, and is not switched off."""
    with ends.open(other(origin), "way-back") as db:
        found = subscription.find(db, ends.names.flow(origin))
    return found is not None and found.enabled
