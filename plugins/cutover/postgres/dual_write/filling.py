"""Derive what was there before double writing began, key by key, and what was touched meanwhile."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
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
# Whoever wants to write a row of a batch waits for its end.
TARGET_SECONDS = 0.1
FIRST = 100
# A plan that is made for any number of keys is made for ten: hundreds would be compared with each other one by one.
PLANNED = "SET plan_cache_mode = force_custom_plan"


def fill(ctx: RunContext, db: Db, names: Names, place: int, shape: Shape, *, batch: int = 1000) -> int:
    """Derive every row of a shape, in batches of keys; return how many rows that has changed.

    What is there already and right is left alone, so it may be done again from the start. Rows that are written while
    it works are no concern of its own: whoever writes them derives them, and who comes to a key first is waited for.
    So a batch is as large as can be done in a moment, for whoever wants to write one of its rows.

    :param batch: keys in one transaction, at most.
    """
    function, changed, done, size = names.own("derive", place), 0, 0, min(batch, FIRST)
    meter = Meter(ctx, STEP, shape.label, _expected(db, shape))
    db.execute(PLANNED)
    with _keys(db, shape) as cursor:
        while keys := [tuple(row) for row in cursor.fetchmany(size)]:
            ctx.cancel.check()
            began = time.monotonic()
            changed += derive(db, function, shape, keys)
            size = _next_size(size, batch, time.monotonic() - began)
            done += len(keys)
            meter.reached(done)
            points.reach("dual.fill.batch")
    meter.finish(done)
    return changed


def _next_size(size: int, most: int, seconds: float) -> int:
    """Come near to the moment that a batch may take, without leaps."""
    return max(1, min(most, int(size * min(2.0, max(0.25, TARGET_SECONDS / max(seconds, 1e-3))))))


@contextlib.contextmanager
def _keys(db: Db, shape: Shape) -> Iterator[psycopg.ServerCursor[Any]]:
    """All keys there are at the moment, in their order; the server keeps them, and holds no snapshot for that."""
    query = sql.SQL("SELECT {} FROM ({}) AS q ORDER BY {}").format(shape.names("q"), shape.query, shape.names("q"))
    with db.cursor(name="cutover_fill", withhold=True) as cursor:
        with db.transaction():
            db.execute("SET LOCAL search_path = public, pg_temp")
            cursor.execute(query)
        yield cursor


def drain(
    ctx: RunContext, db: Db, names: Names, shapes: Sequence[Shape], *, batch: int = 1000, quiet: bool = False
) -> int:
    """Derive the keys that transactions have noted; return how many. A key is forgotten with what was derived of it.

    Ends when less than a batch was waiting: while applications write there may be no moment in which nothing is.

    :param quiet: nobody writes: go on until nothing waits.
    """
    done = 0
    db.execute(PLANNED)
    while True:
        ctx.cancel.check()
        try:
            taken, keys = _drain(db, names, shapes, batch)
        except psycopg.errors.ForeignKeyViolation:
            # What a row refers to was noted as well, and waits in another batch.
            taken, keys = _drain(db, names, shapes, None)
        done += keys
        if taken < (1 if quiet else batch):
            return done


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
    row = db.execute(sql.SQL("SELECT {}({}, {})").format(function, arrays, sql.Literal(part))).fetchone()
    return int(row[0]) if row else 0
