"""The row diff of the online strategy: live against follower, forth and back, exact while writes go on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from cutover.context import RunContext
from cutover.postgres.online import drain, rows
from cutover.postgres.online.mapping import Pair
from cutover.postgres.online.meter import Meter
from cutover.postgres.online.names import Names
from cutover.postgres.online.state import Table
from cutover.postgres.rowdiff import ComparedColumn, RowDiff, Side, diff_tables


@dataclass(frozen=True, slots=True)
class Subject:
    """Both sides of one table as relations with the same column names, and how to look at them."""

    connect: Callable[[], AbstractContextManager[psycopg.Connection[Any]]]
    left: Side
    right: Side
    columns: list[ComparedColumn]
    pending: sql.Composed
    settle: Callable[[], None]


def subject(ctx: RunContext, table: Table, *, forth: bool) -> Subject:
    """Describe what is compared: the original on the left, the shadow on the right, whichever is live.

    :param forth: ask whether the shadow is what the mapping makes of the original, which holds until the swap. Whether
        the mapping back makes the original of the shadow is asked always: it is what a rollback rests on.
    """
    names, design = table.names, table.design
    original = names.live if table.live == "original" else names.old
    shadow = names.shadow if table.live == "original" else names.live
    forward = [pair for pair in design.forward if pair.kind == "expression"] if forth else []
    back = [pair for pair in design.reverse if pair.filled]
    keys = tuple(f"k{i}" for i, _ in enumerate(design.original_key.columns, 1))

    @contextlib.contextmanager
    def connect() -> Iterator[psycopg.Connection[Any]]:
        with ctx.source("row-diff", search_path=rows.path(names), lock_timeout="30s") as db:
            yield db

    def settle() -> None:
        with ctx.source("drain", search_path=rows.path(names), synchronous_commit="off") as db:
            drain.drain(db, table, check=ctx.cancel.check)

    def side(relation: sql.Composed) -> Side:
        # The original's key makes the keys of both sides unique, and is what people know the rows by.
        return Side(relation, keys, unique=True, key_names=tuple(design.original_key.columns))

    return Subject(
        connect=connect,
        left=side(_relation(names, original, design.original_key.as_k(), [*_plain(back), *_computed(forward)])),
        right=side(_relation(names, shadow, design.shadow_key.as_k(), [*_computed(back), *_plain(forward)])),
        columns=[
            ComparedColumn(pair.column, sql.Identifier("l", f"c{i}"), sql.Identifier("r", f"c{i}"))
            for i, pair in enumerate([*back, *forward], 1)
        ],
        pending=_pending(table),
        settle=settle,
    )


def compare(ctx: RunContext, table: Table, *, forth: bool) -> RowDiff:
    """Compare every row of both sides; see :func:`subject`."""
    of = subject(ctx, table, forth=forth)
    meter = Meter(ctx, "row diff", table.label, 0)

    def within(db: psycopg.Connection[Any]) -> None:
        drain.drain_within(db, table)

    return diff_tables(
        of.connect,
        of.left,
        of.right,
        of.columns,
        pending=of.pending,
        settle=of.settle,
        drain=within,
        workers=max(1, ctx.spec.backfill.workers),
        progress=meter.at,
        cancel=ctx.cancel,
    )


def _relation(names: Names, table: sql.Identifier, keys: sql.Composed, values: list[sql.Composable]) -> sql.Composed:
    """``(SELECT key AS k1, value AS c1, ... FROM table AS name)``: expressions see the table's own name."""
    listed = [sql.SQL(", {} AS {}").format(value, sql.Identifier(f"c{i}")) for i, value in enumerate(values, 1)]
    return sql.SQL("(SELECT {}{} FROM ONLY {} AS {})").format(
        keys, sql.Composed(listed), table, sql.Identifier(names.table)
    )


def _plain(pairs: list[Pair]) -> list[sql.Composable]:
    return [sql.Identifier(pair.column) for pair in pairs]


def _computed(pairs: list[Pair]) -> list[sql.Composable]:
    """What the other side makes of a column, in the column's own type: a lossy change of type shows here."""
    return [
        sql.SQL("CAST({} AS {})").format(pair.value(), sql.SQL(pair.type))  # type: ignore[arg-type]
        for pair in pairs
    ]


def _pending(table: Table) -> sql.Composed:
    """Keys that are touched and not drained; op ``t`` stands for a TRUNCATE."""
    names, key = table.names, table.design.key(table.live)
    nothing = sql.SQL(", ").join(
        sql.SQL("CAST(NULL AS {})").format(sql.SQL(kind))
        for kind in key.types  # type: ignore[arg-type]
    )
    return sql.SQL(
        "(SELECT 'k' AS op, {} FROM {} UNION ALL SELECT 't', {} FROM cutover.truncation"
        " WHERE (number, ordinal, live) = ({}, {}, {}))"
    ).format(key.ks(), names.log(table.live), nothing, *map(sql.Literal, (names.number, names.ordinal, table.live)))
