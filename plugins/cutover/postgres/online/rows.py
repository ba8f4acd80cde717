"""The SQL that turns live rows into follower rows; shared by backfill, drain and row diff."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from cutover.postgres.online.mapping import Pair
from cutover.postgres.online.names import Names


def path(names: Names) -> str:
    """The search path under which a spec's expressions are evaluated: the table's schema, then public."""
    schema = names.schema.replace('"', '""')
    return f'"{schema}", public'


def columns(pairs: Sequence[Pair]) -> sql.Composed:
    """The follower's columns that get a value."""
    return sql.SQL(", ").join(sql.Identifier(pair.column) for pair in pairs if pair.filled)


def values(pairs: Sequence[Pair]) -> sql.Composed:
    """Their values over the live row."""
    return sql.SQL(", ").join(pair.value() for pair in pairs if pair.filled)


def kept(pairs: Sequence[Pair]) -> list[Pair]:
    """The follower's columns that no live column fills: their values outlive a rewrite of the row."""
    return [pair for pair in pairs if pair.kind == "keep"]
