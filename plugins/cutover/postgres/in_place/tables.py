"""A table that changes in place: which of its columns follow which, and what the server says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.postgres.dual_write.shape import Direction, Shape
from cutover.postgres.online import catalog
from cutover.spec.models import TableSpec


@dataclass(frozen=True, slots=True)
class Column:
    """:ivar preset: its default, as SQL. :ivar fixed: the server computes (``generated``) or numbers it."""

    name: str
    kind: str
    preset: str | None
    fixed: bool
    generated: bool
    not_null: bool


@dataclass(frozen=True, slots=True)
class Table:
    """One table, as it is after ``alter``.

    :ivar place: its number in the spec, from 1. :ivar key: what tells its rows apart.
    :ivar forward: new column <- expression over the row. :ivar back: old column <- expression over the row.
    """

    spec: TableSpec
    place: int
    oid: int
    key: Sequence[str]
    columns: Mapping[str, Column]

    @property
    def label(self) -> str:
        return self.spec.qualified

    @property
    def name(self) -> sql.Identifier:
        return sql.Identifier(self.spec.schema_name, self.spec.table_name)

    def told(self, direction: Direction) -> Mapping[str, str]:
        """The columns that follow in a direction, each with its expression over the row."""
        return self.spec.columns if direction == "forward" else self.spec.reverse

    def shape(self, direction: Direction) -> Shape | None:
        """The rows as a direction tells them, to compare with the table; None where nothing follows."""
        told = self.told(direction)
        if not told:
            return None
        values = [sql.Identifier(name) for name in self.key] + [
            sql.SQL("{} AS {}").format(self.cast(name, told[name]), sql.Identifier(name)) for name in told
        ]
        rows = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(values), self.name)
        kinds = [self.columns[name].kind for name in self.key]
        names = (*self.key, *told)
        return Shape(self.spec.schema_name, self.spec.table_name, self.key, rows.as_string(None), {}, names, kinds)

    def cast(self, name: str, expression: str) -> sql.Composed:
        """An expression over the row, of the column's type."""
        return sql.SQL("({})::{}").format(_sql(f"\n{expression}\n"), _sql(self.columns[name].kind))

    def differing(self, direction: Direction) -> sql.Composable:
        """The condition that a row is not as a direction tells it."""
        pairs = [
            sql.SQL("{}::text IS DISTINCT FROM ({})::text").format(sql.Identifier(name), self.cast(name, expression))
            for name, expression in self.told(direction).items()
        ]
        return sql.SQL(" OR ").join(pairs) if pairs else sql.SQL("false")


def columns(db: Db, oid: int) -> dict[str, Column]:
    """Return a table's columns by name."""
    with db.cursor(row_factory=class_row(Column)) as cursor:
        found = cursor.execute(sqlfiles.text("in_place/columns").encode(), {"table": oid}).fetchall()
    return {column.name: column for column in found}


def look(ctx: RunContext, db: Db) -> list[Table]:
    """Return the tables of a run whose columns change.

    :raises TableMissing, KeyMissing: naming the table.
    """
    return [
        table_of(db, spec, place, catalog.oid(db, spec.schema_name, spec.table_name))
        for place, spec in enumerate(ctx.spec.tables, 1)
        if not spec.rename
    ]


def table_of(db: Db, spec: TableSpec, place: int, oid: int, *, copied: int | None = None) -> Table:
    """Look one table up. :param copied: an empty copy, whose columns count."""
    key = catalog.key(db, oid, spec.key, spec.qualified)
    return Table(spec, place, oid, key, columns(db, copied or oid))


def _sql(text: Any) -> sql.SQL:
    return sql.SQL(text)  # the spec's own SQL, or the server's
