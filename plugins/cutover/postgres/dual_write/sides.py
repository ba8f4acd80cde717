"""Both sides of a run, as its steps see them: which tables there are, and what derives which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cutover.context import Db, RunContext
from cutover.postgres.dual_write import arming, fence, making, state
from cutover.postgres.dual_write.names import Names
from cutover.postgres.dual_write.shape import Direction, Shape
from cutover.postgres.dual_write.shapes import shapes_of
from cutover.spec.names import split_table


@dataclass(frozen=True, slots=True)
class Side:
    """One direction: what derives the tables that follow, and which those are.

    :ivar shapes: none where nothing leads back.
    :ivar tables: (schema, name) of those that the application must not write while they follow.
    """

    names: Names
    shapes: Sequence[Shape]
    tables: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sides:
    """``forward``: the new tables from the old ones; ``back``: the old ones from the new ones."""

    state: state.State
    forward: Side
    back: Side

    def of(self, direction: Direction) -> Side:
        return self.forward if direction == "forward" else self.back


def look(ctx: RunContext, db: Db) -> Sides:
    """:raises NotBegun: nothing is built yet. :raises ShapeWrong: the tables are not what the spec says."""
    found = state.get(db, ctx.run_id)
    new, old = shapes_of(db, ctx.spec.shapes), shapes_of(db, ctx.spec.back)
    left_out = {split_table(name) for name in ctx.spec.left_out}
    closed = sorted({origin for origin in making.origins(new) if origin not in left_out} | set(_tables(old)))
    return Sides(
        found,
        Side(Names(found.number, "forward"), new, _tables(new)),
        Side(Names(found.number, "back"), old, closed),
    )


def _tables(shapes: Sequence[Shape]) -> list[tuple[str, str]]:
    return [(shape.schema, shape.name) for shape in shapes]


def follow(ctx: RunContext, db: Db, side: Side, *, at_once: bool) -> None:
    """Let the tables of ``side`` follow from now on. Idempotent."""
    if not side.shapes:
        return
    making.make(db, side.names, side.shapes, at_once=at_once)
    arming.arm(ctx, db, side.names, side.shapes)


def leave(ctx: RunContext, db: Db, side: Side) -> None:
    """End that, and remove what it was done with. Idempotent."""
    fence.lower(ctx, db, side.names, side.tables)
    if side.shapes:
        arming.disarm(ctx, db, side.names, side.shapes)
    making.unmake(db, side.names)
