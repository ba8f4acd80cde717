"""Two tables of one database to compare: ``live.t`` and ``shadow.t``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from cutover.connections import ConnectionInfo
from cutover.postgres.connect import connect
from cutover.postgres.rowdiff import ComparedColumn, RowDiff, Side, diff_tables

LIVE = sql.Identifier("live", "t")
SHADOW = sql.Identifier("shadow", "t")


def run(info: ConnectionInfo, *statements: str) -> None:
    """Execute statements, each in a transaction of its own; new types land in ``public``."""
    with connect(info, search_path="public") as db:
        for statement in statements:
            db.execute(statement)  # type: ignore[call-overload]


def twin_tables(info: ConnectionInfo, columns: str, *, shadow: str | None = None) -> None:
    """Create both tables with these column definitions."""
    run(info, "CREATE SCHEMA live", "CREATE SCHEMA shadow")
    run(info, f"CREATE TABLE live.t ({columns})", f"CREATE TABLE shadow.t ({shadow or columns})")


def column_names(db: psycopg.Connection[Any]) -> list[str]:
    of_table = "attrelid = 'live.t'::regclass AND attnum > 0 AND NOT attisdropped"
    rows = db.execute(f"SELECT attname FROM pg_attribute WHERE {of_table} ORDER BY attnum")  # type: ignore[call-overload]
    return [name for (name,) in rows.fetchall()]


def diff(
    info: ConnectionInfo,
    key: Sequence[str] = ("id",),
    columns: Sequence[ComparedColumn] | None = None,
    right_key: Sequence[str] | None = None,
    settings: dict[str, str] | None = None,
    **options: Any,
) -> RowDiff:
    """Compare both tables, by all columns unless told which."""
    if columns is None:
        with connect(info) as db:
            columns = [ComparedColumn.same(name) for name in column_names(db)]
    left, right = Side(LIVE, tuple(key)), Side(SHADOW, tuple(right_key or key))
    return diff_tables(lambda: connect(info, **(settings or {})), left, right, columns, **options)


def named(result: RowDiff) -> dict[tuple[str, ...], tuple[str, tuple[str, ...]]]:
    """Return what a diff listed: key -> (kind, names of the differing columns)."""
    return {tuple(d.key.values()): (d.kind, tuple(c.name for c in d.columns)) for d in result.differences}
