"""In which format a table's rows cross the wire, and the SELECT that makes green's columns of blue's row.

Rows that follow later cross as text and are read by green's input functions; so a value that is copied must become
what that makes of it. Binary is faster and does the same where both sides have the same type; a few widenings do too.
Wherever that is not certain the whole table goes as text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row, dict_row

from cutover import sqlfiles
from cutover.context import Db
from cutover.errors import CutoverError
from cutover.postgres.blue_green import fill
from cutover.postgres.blue_green.tables import TableMap

SMALLINT, INTEGER, BIGINT, NUMERIC, TEXT, VARCHAR = 21, 23, 20, 1700, 25, 1043
# (blue's type, green's): cast on blue, None where the bytes are the same. No cast here can lose or reshape anything;
# lengths and precisions are checked by green's receive functions.
WIDENING: Mapping[tuple[int, int], str | None] = {
    (SMALLINT, INTEGER): "integer",
    (SMALLINT, BIGINT): "bigint",
    (INTEGER, BIGINT): "bigint",
    **{(number, NUMERIC): "numeric" for number in (SMALLINT, INTEGER, BIGINT)},
    **{(number, text): "text" for number in (SMALLINT, INTEGER, BIGINT) for text in (TEXT, VARCHAR)},
    (TEXT, VARCHAR): None,
    (VARCHAR, TEXT): None,
}


class ExpressionFails(CutoverError):
    """An expression of the spec does not work over blue's rows."""

    code = "BGR050"


@dataclass(frozen=True, slots=True)
class Type:
    """A type on one side. ``base``: through domains; ``binary``: its bytes mean the same on another cluster."""

    oid: int
    base: int
    kind: str
    binary: bool


@dataclass(frozen=True, slots=True)
class Wire:
    """How one table travels.

    :ivar values: over the row of blue's table, in the order of ``columns``, which are green's.
    :ivar partitioned: green's table is, so that its partitions take the rows.
    """

    table: TableMap
    columns: tuple[str, ...]
    values: tuple[sql.Composable, ...]
    binary: bool
    partitioned: bool

    def out(self, pages: sql.Composable) -> sql.Composed:
        """``COPY (SELECT ...) TO STDOUT``; ``pages`` is the WHERE clause, or empty."""
        return sql.SQL("COPY (SELECT {} FROM ONLY {} AS {} {}) TO STDOUT ({})").format(
            sql.SQL(", ").join(self.values),
            self.table.identifier,
            sql.Identifier(self.table.table),
            pages,
            self._options(),
        )

    def into(self, *, freeze: bool) -> sql.Composed:
        """``COPY ... FROM STDIN``."""
        options = self._options() + sql.SQL(", FREEZE" if freeze else "")
        columns = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        return sql.SQL("COPY {} ({}) FROM STDIN ({})").format(self.table.identifier, columns, options)

    def _options(self) -> sql.Composed:
        return sql.SQL("FORMAT {}").format(sql.SQL("binary" if self.binary else "text")) + sql.SQL("")


def plan(blue: Db, green: Db, tables: Sequence[TableMap]) -> list[Wire]:
    """Decide for each table.

    :raises ExpressionFails: naming table and column.
    """
    here, there = _columns(blue, tables), _columns(green, tables)
    computed = {table.label: _computed(blue, table) for table in tables}
    blue_types = _types(blue, [*_oids(here), *(oid for found in computed.values() for oid in found.values())])
    green_types = _types(green, _oids(there))
    found = []
    for table in tables:
        name = table.schema, table.table
        own = {**here[name]["types"], **computed[table.label]}
        pairs = {
            column: (blue_types.get(own[column]), green_types.get(there[name]["types"][column]))
            for column in dict.fromkeys((*table.shared, *table.forward))
        }
        found.append(_wire(table, pairs, partitioned=there[name]["kind"] == "p"))
    return found


def _wire(table: TableMap, pairs: Mapping[str, tuple[Type | None, Type | None]], *, partitioned: bool) -> Wire:
    casts = {column: _cast(*types) for column, types in pairs.items()}
    binary = all(cast is not None for cast in casts.values())
    values = []
    for column, cast in casts.items():
        value: sql.Composable = sql.Identifier(table.table, column)
        if column in table.forward:
            value = sql.SQL("(\n{}\n)").format(sql.SQL(table.forward[column]))  # type: ignore[arg-type]  # the spec's
        if binary and cast:
            value = sql.SQL("CAST({} AS {})").format(value, sql.SQL(cast))  # type: ignore[arg-type]
        values.append(value)
    return Wire(table, tuple(casts), tuple(values), binary, partitioned)


def _cast(blue: Type | None, green: Type | None) -> str | None:
    """Return the cast that makes the bytes right, '' for none needed; None where only text is certain."""
    if blue is None or green is None or not (blue.binary and green.binary):
        return None
    if blue.base == green.base or blue.kind == green.kind == "e":
        return ""
    if (blue.base, green.base) in WIDENING:
        return WIDENING[blue.base, green.base] or ""
    return None


def _columns(db: Db, tables: Sequence[TableMap]) -> dict[tuple[str, str], dict[str, Any]]:
    names = {"schemas": [table.schema for table in tables], "tables": [table.table for table in tables]}
    with db.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(sqlfiles.text("blue_green/wire_columns"), names).fetchall()  # type: ignore[arg-type]
    return {(row["schema"], row["table"]): {**row, "types": row["types"] or {}} for row in rows}


def _oids(columns: Mapping[tuple[str, str], Mapping[str, Any]]) -> list[int]:
    return [oid for found in columns.values() for oid in found["types"].values()]


def _types(db: Db, oids: Sequence[int]) -> dict[int, Type]:
    with db.cursor(row_factory=class_row(Type)) as cursor:
        found = cursor.execute(sqlfiles.text("blue_green/wire_types"), {"oids": sorted(set(oids))})  # type: ignore[arg-type]
        return {each.oid: each for each in found.fetchall()}


def _computed(blue: Db, table: TableMap) -> dict[str, int]:
    """Return the type of each expression over blue's row."""
    found = {}
    for column, text in table.forward.items():
        query = sql.SQL("SELECT (\n{}\n) FROM ONLY {} AS {} LIMIT 0").format(
            sql.SQL(text),  # type: ignore[arg-type]  # the spec's
            table.identifier,
            sql.Identifier(table.table),
        )
        try:
            with blue.transaction():
                blue.execute(sql.SQL("SET LOCAL search_path = {}").format(sql.SQL(fill.path(table))))  # type: ignore[arg-type]
                cursor = blue.execute(query)
        except (psycopg.errors.ProgrammingError, psycopg.errors.DataError) as error:
            raise ExpressionFails(
                f"{table.label}: columns: {column}: {error.diag.message_primary} over the rows of blue.",
                fix=f"correct that expression in migration.yaml: columns: {{{column}: ...}}",
            ) from error
        assert cursor.description is not None, "a SELECT describes its columns"
        found[column] = cursor.description[0].type_code
    return found
