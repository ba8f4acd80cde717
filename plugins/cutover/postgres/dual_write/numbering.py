"""Sequences of derived tables: the rows came with their numbers, so the sequences have not moved."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from cutover import sqlfiles
from cutover.context import Db
from cutover.postgres.dual_write.shape import Shape


def carry(db: Db, shapes: Sequence[Shape]) -> int:
    """Let each sequence that feeds a column of these tables go on behind the last number there; return how many.

    Nobody may be writing. A sequence that is further already stays where it is.
    """
    done = 0
    for shape in shapes:
        query = sqlfiles.text("dual_write/sequences").encode()
        for sequence, column, last in db.execute(query, {"schema": shape.schema, "name": shape.name}).fetchall():
            statement = sqlfiles.compose(
                "dual_write/carry",
                sequence=sql.Literal(sequence),
                relation=sql.SQL(sequence),
                column=sql.Identifier(column),
                last=sql.SQL(last),
                greatest=sql.SQL("greatest" if last == "max" else "least"),
                table=shape.table,
            )
            done += db.execute(statement).rowcount
    return done
