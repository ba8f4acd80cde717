"""The backfill's checkpoints: slices of the key space, each with a cursor that moves with its rows' commit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from cutover import sqlfiles
from cutover.postgres.online.design import Key
from cutover.postgres.online.names import Names
from cutover.postgres.online.state import Table

SAMPLE_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice; ``cursor`` and ``upper`` are key values as text, or None at an open end."""

    number: int
    cursor: list[str] | None
    upper: list[str] | None


def create(db: psycopg.Connection[Any], names: Names, key: Key) -> None:
    """Create the (empty) checkpoint table with the key's own types and collations."""
    ends = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(sql.Identifier(name), sql.Identifier(f"{end}{i}"))
        for end in ("c", "u")
        for i, name in enumerate(key.columns, 1)
    )
    db.execute(
        sql.SQL(
            "CREATE TABLE {} AS SELECT 0 AS slice, false AS done, 0::bigint AS rows, {} FROM {} WITH NO DATA"
        ).format(names.fill, ends, names.live)
    )
    db.execute(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY (slice)").format(names.fill))


def plan(db: psycopg.Connection[Any], table: Table, workers: int, estimate: int) -> None:
    """Cut the table into slices, once; a retried backfill finds the slices and cursors of the first."""
    with db.transaction():
        db.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(table.names.fill))
        row = db.execute(sql.SQL("SELECT count(*) FROM {}").format(table.names.fill)).fetchone()
        if row and row[0]:
            return
        slices = 1 if estimate < 2 * SAMPLE_ROWS else max(1, workers * 4)
        db.execute(_cut(table, slices, min(100.0, max(0.01, 100.0 * SAMPLE_ROWS / max(1, estimate)))))


def _cut(table: Table, slices: int, percent: float) -> sql.Composed:
    key = table.design.original_key
    count = range(1, len(key.columns) + 1)

    def listed(pattern: str) -> sql.Composed:
        return sql.SQL(", ").join(sql.SQL(pattern.format(i)) for i in count)  # type: ignore[arg-type]

    return sqlfiles.compose(
        "online/fill_slices",
        fill=table.names.fill,
        live=table.names.live,
        as_k=key.as_k(),
        ks=key.ks(),
        ks_descending=listed("k{} DESC"),
        cursors=listed("c{}"),
        uppers=listed("u{}"),
        lower_ks=listed("lower_cut.k{}"),
        upper_ks=listed("upper_cut.k{}"),
        percent=sql.Literal(percent),
        slices=sql.Literal(slices),
    )


def remaining(db: psycopg.Connection[Any], table: Table) -> list[int]:
    """Return the numbers of the slices that are not done."""
    query = sql.SQL("SELECT slice FROM {} WHERE NOT done ORDER BY slice").format(table.names.fill)
    return [row[0] for row in db.execute(query)]


def copied(db: psycopg.Connection[Any], table: Table) -> int:
    """Return how many rows the backfill has committed."""
    row = db.execute(sql.SQL("SELECT coalesce(sum(rows), 0)::bigint FROM {}").format(table.names.fill)).fetchone()
    return int(row[0]) if row else 0


def lock(db: psycopg.Connection[Any], table: Table, number: int) -> Slice | None:
    """Lock a slice's row for this transaction and read it; None when it is done.

    The lock is what makes a batch happen once: a dead worker's transaction, should the server still be at it, is waited
    for, and the cursor read after it.
    """
    count = len(table.design.original_key.columns)
    ends = [
        sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(f"{end}{i}")) for i in range(1, count + 1))
        for end in ("c", "u")
    ]
    row = db.execute(
        sql.SQL("SELECT done, ARRAY[{}], ARRAY[{}] FROM {} WHERE slice = {} FOR UPDATE").format(
            *ends, table.names.fill, sql.Literal(number)
        )
    ).fetchone()
    if row is None or row[0]:
        return None
    return Slice(number, None if row[1][0] is None else row[1], None if row[2][0] is None else row[2])


def between(key: Key, lower: list[str] | None, upper: list[str] | None, row: str | None = None) -> sql.Composed:
    """``(key) > (lower) AND (key) <= (upper)``; an open end leaves its half out."""
    halves = [
        sql.SQL("({}) {} ({})").format(key.names(row), sql.SQL(operator), _values(key, end))
        for operator, end in ((">", lower), ("<=", upper))
        if end is not None
    ]
    return sql.Composed([sql.SQL(" AND ").join(halves)]) if halves else sql.Composed([sql.SQL("true")])


def _values(key: Key, values: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("CAST({} AS {})").format(sql.Literal(value), sql.SQL(kind))  # type: ignore[arg-type]
        for value, kind in zip(values, key.types, strict=True)
    )


def end_of_batch(db: psycopg.Connection[Any], table: Table, part: Slice, batch: int) -> list[str] | None:
    """Return the key of the ``batch``-th row after the cursor, or None when the slice has fewer left."""
    key = table.design.original_key
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in key.columns)
    row = db.execute(
        sql.SQL("SELECT ARRAY[{}] FROM ONLY {} WHERE {} ORDER BY {} OFFSET {} LIMIT 1").format(
            texts, table.names.live, between(key, part.cursor, part.upper), key.names(), sql.Literal(batch - 1)
        )
    ).fetchone()
    return row[0] if row else None


def advance(db: psycopg.Connection[Any], table: Table, part: Slice, end: list[str] | None, rows: int) -> None:
    """Move the cursor in the transaction of the batch; ``end`` None finishes the slice."""
    key = table.design.original_key
    moves = sql.Composed([sql.SQL("done = true")])
    if end is not None:
        moves = sql.SQL(", ").join(
            sql.SQL("{} = CAST({} AS {})").format(sql.Identifier(f"c{i}"), sql.Literal(value), sql.SQL(kind))  # type: ignore[arg-type]
            for i, (value, kind) in enumerate(zip(end, key.types, strict=True), 1)
        )
    db.execute(
        sql.SQL("UPDATE {} SET rows = rows + {}, {} WHERE slice = {}").format(
            table.names.fill, sql.Literal(rows), moves, sql.Literal(part.number)
        )
    )
