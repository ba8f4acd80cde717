"""A shape against the query that it is derived by: every row, while writes go on; and what mends a difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg import sql

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.dual_write import filling
from cutover.postgres.dual_write.names import Names
from cutover.postgres.dual_write.shape import Shape
from cutover.postgres.online.meter import Meter
from cutover.postgres.rowdiff import ComparedColumn, RowDiff, Side, diff_tables

STEP = "compare"


class NotMended(CutoverError):
    """Rows still differ after they were derived anew."""

    code = "DUA001"


def compare(ctx: RunContext, shape: Shape, *, workers: int = 2) -> RowDiff:
    """Compare every row, exactly: the query on the left, the table on the right.

    Where rows are derived before COMMIT both are equal in every snapshot.
    """
    left = Side(sql.SQL("({})").format(shape.query), tuple(shape.key), unique=True)
    meter = Meter(ctx, STEP, shape.label, 0)
    found = diff_tables(
        lambda: _connect(ctx),
        left,
        Side(shape.table, tuple(shape.key)),
        [ComparedColumn.same(name) for name in shape.columns],
        workers=workers,
        progress=meter.at,
        cancel=ctx.cancel,
    )
    meter.finish(found.rows_left)
    return found


def repair(ctx: RunContext, db: Db, names: Names, place: int, shape: Shape, keys: Sequence[tuple[Any, ...]]) -> int:
    """Derive the rows of some keys anew, and see that they are right then; return how many have changed.

    :raises NotMended: naming keys whose row still is another one.
    """
    with db.transaction():
        changed = filling.derive(db, names.own("derive", place), shape, keys)
        left = differing(db, shape, keys)
        if left:
            raise NotMended(
                f"{len(left)} rows of {shape.label} are still not what its query says, the first with the key"
                f" {dict(zip(shape.key, left[0], strict=True))}.",
                fix="see whether a trigger or a rule of the table changes what is written to it.",
            )
    return changed


def differing(db: Db, shape: Shape, keys: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return those of ``keys`` whose row is not what the query says."""
    query = sqlfiles.compose(
        "dual_write/differing",
        wanted=sql.SQL("unnest({}) AS w ({})").format(sql.SQL(", ").join(shape.arrays(keys)), shape.names()),
        rows=shape.query,
        table=shape.table,
        w_keys=shape.names("w"),
        q_columns=sql.SQL(", ").join(sql.Identifier("q", name) for name in shape.columns),
        t_columns=sql.SQL(", ").join(sql.Identifier("t", name) for name in shape.columns),
        q_is_w=shape.same("q", "w"),
        t_is_w=shape.same("t", "w"),
    )
    with db.transaction():
        db.execute("SET LOCAL search_path = public, pg_temp")
        return [tuple(row) for row in db.execute(query).fetchall()]


@contextmanager
def _connect(ctx: RunContext) -> Iterator[Db]:
    with ctx.source("compare", search_path="public, pg_temp", lock_timeout="30s") as db:
        yield db
