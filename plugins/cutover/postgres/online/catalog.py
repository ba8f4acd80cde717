"""Questions to the catalog that several steps ask."""

from __future__ import annotations

from typing import Any, cast

import psycopg
from psycopg.rows import class_row, dict_row

from cutover import sqlfiles
from cutover.errors import CutoverError
from cutover.postgres.online.mapping import Column


class TableMissing(CutoverError):
    """The spec names a table that the database does not have."""

    code = "ONL002"


class KeyMissing(CutoverError):
    """Rows of the table cannot be told apart."""

    code = "ONL003"


def oid(db: psycopg.Connection[Any], schema: str, table: str) -> int:
    """Return a table's oid.

    :raises TableMissing: there is no ordinary table of that name.
    """
    row = db.execute(
        "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relname = %s AND c.relkind = 'r'",
        (schema, table),
    ).fetchone()
    if row is None:
        raise TableMissing(
            f"there is no ordinary table {schema}.{table} in database {db.info.dbname!r}.",
            fix="correct tables: - name: in migration.yaml, or the connection's schema (database) field.",
        )
    return cast(int, row[0])


def place(db: psycopg.Connection[Any], table: int) -> tuple[str, str] | None:
    """Return the schema and name that an oid has now, or None when it is gone."""
    row = db.execute(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = %s",
        (table,),
    ).fetchone()
    return (row[0], row[1]) if row else None


def columns(db: psycopg.Connection[Any], table: int) -> list[Column]:
    """Return a table's columns in order."""
    with db.cursor(row_factory=class_row(Column)) as cursor:
        return cursor.execute(sqlfiles.text("online/columns"), {"table": table}).fetchall()  # type: ignore[arg-type]


def rows(db: psycopg.Connection[Any], name: str, **parameters: Any) -> list[dict[str, Any]]:
    """Run ``include/sql/online/<name>.sql`` and return its rows as dicts."""
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(sqlfiles.text(f"online/{name}"), parameters).fetchall()  # type: ignore[arg-type]


def statements(db: psycopg.Connection[Any], name: str, **parameters: Any) -> list[str]:
    """Return the statements that a catalog query of this strategy writes; the server quoted every name in them."""
    return [row["statement"] for row in rows(db, name, **parameters)]


def run_all(db: psycopg.Connection[Any], texts: list[str]) -> None:
    """Execute statements that the server itself wrote (definitions, quoted by it)."""
    for text in texts:
        db.execute(text)  # type: ignore[call-overload]


def key(db: psycopg.Connection[Any], table: int, wanted: list[str] | None, label: str) -> list[str]:
    """Return the columns that identify a row, in index order.

    :param wanted: the spec's choice; any order.
    :raises KeyMissing: no unique, not deferrable, complete index over NOT NULL columns.
    """
    found = [row["columns"] for row in rows(db, "keys", table=table)]
    if wanted:
        found = [columns for columns in found if set(columns) == set(wanted)]
    if not found:
        raise KeyMissing(
            f"table {label} has no usable key{f' on {wanted}' if wanted else ''}: a primary key, or a unique index over"
            " NOT NULL columns that is neither partial, nor on an expression, nor deferrable.",
            fix=f"ALTER TABLE {label} ADD PRIMARY KEY (...)",
        )
    return found[0]


def estimate(db: psycopg.Connection[Any], table: int) -> int:
    """Return about how many rows a table has: for progress and slices only, never for a verdict."""
    row = db.execute(
        "SELECT CASE WHEN reltuples > 0 AND relpages > 0 THEN reltuples / relpages * pg_relation_size(oid) / 8192"
        " ELSE pg_relation_size(oid) / 100 END::bigint FROM pg_class WHERE oid = %s",
        (table,),
    ).fetchone()
    return int(row[0]) if row else 0
