"""A table as one side has it: what a mapping between two sides needs to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.rows import dict_row

from cutover import sqlfiles
from cutover.context import Db


@dataclass(frozen=True, slots=True)
class Column:
    """``fills_itself``: a row that does not mention it is complete all the same."""

    name: str
    type: str
    not_null: bool
    generated: bool
    fills_itself: bool


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    :ivar identity: ``pg_class.relreplident``.
    :ivar primary_key: columns, in index order; None without a primary key that replication can use.
    :ivar chosen_key: those of the index that ``REPLICA IDENTITY USING INDEX`` names.
    :ivar parents: labels of the partitioned tables above it, the nearest first.
    """

    schema: str
    table: str
    kind: str
    persistence: str
    identity: str
    columns: Sequence[Column]
    primary_key: Sequence[str] | None
    chosen_key: Sequence[str] | None
    parents: Sequence[str]

    @property
    def label(self) -> str:
        return f"{self.schema}.{self.table}"

    @property
    def key(self) -> tuple[str, ...]:
        """The columns by which the server itself tells followers which row it was; empty with FULL and NOTHING."""
        found = {"d": self.primary_key, "i": self.chosen_key}.get(self.identity)
        return tuple(found or ())

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def look(db: Db) -> list[Table]:
    """Return every table of the database that holds rows or is partitioned, in an order in which locks can be taken."""
    with db.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(sqlfiles.text("blue_green/mapped"), {}).fetchall()  # type: ignore[arg-type]
    return [_table(row) for row in rows]


def _table(row: dict[str, Any]) -> Table:
    return Table(**{**row, "columns": [Column(**column) for column in row["columns"]]})
