"""Every row of the one shape has to be part of the other, or is said to be left out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from psycopg import sql

from cutover import sqlfiles
from cutover.context import Db
from cutover.postgres.dual_write.making import origins
from cutover.postgres.dual_write.shape import Shape


@dataclass(frozen=True, slots=True)
class Untraced:
    """Rows of a table that the other shape has no place for. ``shown``: the first ones, as text."""

    table: str
    rows: int
    shown: Sequence[str]


def untraced(db: Db, shapes: Sequence[Shape], left_out: Collection[tuple[str, str]] = ()) -> list[Untraced]:
    """Look at every row of every table that shapes are made from.

    :param left_out: tables whose rows may have no place.
    :param db: a session whose search_path is the one that the queries are written for.
    """
    found = []
    for origin in origins(shapes):
        if origin in left_out:
            continue
        parts = [_traced(shape, origin) for shape in shapes if origin in shape.origins]
        query = sqlfiles.compose(
            "dual_write/untraced", origin=sql.Identifier(*origin), traced=sql.SQL("\n    UNION ALL ").join(parts)
        )
        row = db.execute(query).fetchone()
        if row and row[0]:
            found.append(Untraced(".".join(origin), row[0], row[1]))
    return found


def _traced(shape: Shape, origin: tuple[str, str]) -> sql.Composed:
    return sqlfiles.compose(
        "dual_write/traced",
        origin=sql.Identifier(*origin),
        keys_of_row=sql.SQL(shape.origins[origin].strip().rstrip(";")),  # type: ignore[arg-type]  # the spec's own SQL
        keys=shape.names(),
        rows=shape.query,
        q_is_k=shape.same("q", "k"),
    )
