"""Derive what was there before double writing began, key by key, and what was touched meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from cutover import points, sqlfiles
from cutover.context import Db, RunContext
from cutover.postgres.dual_write import making
from cutover.postgres.dual_write.names import Names
from cutover.postgres.dual_write.shape import Shape
from cutover.postgres.online.meter import Meter

STEP = "backfill"


def fill(ctx: RunContext, db: Db, names: Names, place: int, shape: Shape, *, batch: int = 1000) -> int:
    """Derive every row of a shape, in batches of keys; return how many rows that has changed.

    What is there already and right is left alone, so it may be done again from the start. Rows that are written while
    it works are no concern of its own: whoever writes them derives them, and who comes to a key first is waited for.
    """
    function, changed, done = names.own("derive", place), 0, 0
    after: tuple[Any, ...] | None = None
    meter = Meter(ctx, STEP, shape.label, _expected(db, shape))
    while True:
        ctx.cancel.check()
        keys = _next(db, shape, after, batch)
        if not keys:
            meter.finish(done)
            return changed
        changed += derive(db, function, shape, keys)
        after, done = keys[-1], done + len(keys)
        meter.reached(done)
        points.reach("dual.fill.batch")


def drain(ctx: RunContext, db: Db, names: Names, shapes: Sequence[Shape], *, batch: int = 1000) -> int:
    """Derive the keys that transactions have noted; return how many. A key is forgotten with what was derived of it."""
    done = 0
    while True:
        ctx.cancel.check()
        try:
            taken, keys = _drain(db, names, shapes, batch)
        except psycopg.errors.ForeignKeyViolation:
            # What a row refers to was noted as well, and waits in another batch.
            taken, keys = _drain(db, names, shapes, None)
        if not taken:
            return done
        done += keys


def _drain(db: Db, names: Names, shapes: Sequence[Shape], batch: int | None) -> tuple[int, int]:
    """Return how many notes were taken, and how many keys derived."""
    with db.transaction():
        taken = [_take(db, names, place, shape, batch) for place, shape in enumerate(shapes, 1)]
        keys = [[key for key in dict.fromkeys(each) if None not in key] for each in taken]
        for part, order in making.in_order(len(shapes)):
            for place in order:
                if keys[place - 1]:
                    derive(db, names.own("derive", place), shapes[place - 1], keys[place - 1], part)
        points.reach("dual.drain.batch")
    return sum(map(len, taken)), sum(map(len, keys))


def _take(db: Db, names: Names, place: int, shape: Shape, batch: int | None) -> list[tuple[Any, ...]]:
    touched = names.own("touched", place)
    take = sqlfiles.compose("dual_write/take", touched=touched, batch=sql.Literal(batch), keys=shape.names())
    return [tuple(row) for row in db.execute(take).fetchall()]


def _next(db: Db, shape: Shape, after: tuple[Any, ...] | None, batch: int) -> list[tuple[Any, ...]]:
    later: sql.Composable = sql.SQL("")
    if after is not None:
        values = sql.SQL(", ").join(map(sql.Literal, after))
        later = sql.SQL("WHERE ({}) > ({})").format(shape.names("q"), values)
    query = sql.SQL("SELECT {} FROM ({}) AS q {} ORDER BY {} LIMIT {}").format(
        shape.names("q"), shape.query, later, shape.names("q"), sql.Literal(batch)
    )
    with db.transaction():
        db.execute("SET LOCAL search_path = public, pg_temp")
        return [tuple(row) for row in db.execute(query).fetchall()]


def _expected(db: Db, shape: Shape) -> int:
    """The planner's estimate of how many rows the shape will have."""
    with db.transaction():
        db.execute("SET LOCAL search_path = public, pg_temp")
        row = db.execute(sql.SQL("EXPLAIN (FORMAT json) {}").format(shape.query)).fetchone()
    return int(row[0][0]["Plan"]["Plan Rows"]) if row else 0


def derive(db: Db, function: sql.Identifier, shape: Shape, keys: Sequence[tuple[Any, ...]], part: str = "all") -> int:
    """Make the rows of some keys what the query says; return how many that has changed.

    :param part: ``gone`` only deletes, ``put`` only writes.
    """
    arrays = sql.SQL(", ").join(shape.arrays(keys))
    # A plan that is made for any number of keys is made for ten: thousands would be compared with thousands one by one.
    db.execute("SET plan_cache_mode = 'force_custom_plan'")
    row = db.execute(sql.SQL("SELECT {}({}, {})").format(function, arrays, sql.Literal(part))).fetchone()
    return int(row[0]) if row else 0
