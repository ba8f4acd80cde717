"""When two rows differ, as SQL: exact, and as fast as exactness allows.

Measured per row pair of seven columns (bigint, 3 texts, numeric, jsonb, 2 timestamps), 1,000,000 rows a side, one
process, PostgreSQL 16 / 18, k rows/s (``count(*)`` 38,000 / 42,000; the bare merge join of both keys 6,600 / 6,900):

================================================================  ==============
``IS DISTINCT FROM`` on every column (lies about -0, 1.0, ...)    2,410 / 2,450
``IS DISTINCT FROM`` where exact, row images for the rest (here)  2,630 / 2,790
row images of every column (``record_image_ne``)                  1,940 / 2,210
``hash_record_extended``, both sides (lies likewise)              1,730 / 1,780
``hashtextextended`` of the row's text, both sides                  665 / 700
text of the rows compared                                           620 / 650
md5 of the row's text, both sides                                   356 / 386
================================================================  ==============

So, inside one database, the rows are joined by key and compared as they are. Two values with the same bytes are the
same; the opposite does not hold (a numeric or array may be stored in two ways), therefore rows whose images differ
are judged by their text forms, which is what a reader, a dump or an application would see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from cutover.postgres.rowdiff.errors import DiffImpossible
from cutover.postgres.rowdiff.model import ComparedColumn, Side
from cutover.postgres.rowdiff.session import Db
from cutover.postgres.rowdiff.types import PLAIN, RECORD, STRINGS, SqlType, describe

MOST_COLUMNS = 830
TEXT = sql.SQL('({})::pg_catalog.text COLLATE pg_catalog."C"')


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """A compared column with the types of its two expressions."""

    column: ComparedColumn
    left: SqlType
    right: SqlType

    @property
    def directly(self) -> bool:
        """True where ``IS DISTINCT FROM`` on the values themselves is exact."""
        return {self.left.oid, self.right.oid} <= STRINGS or {self.left.oid, self.right.oid} <= PLAIN


def typed_columns(db: Db, left: Side, right: Side, columns: Sequence[ComparedColumn]) -> list[TypedColumn]:
    """Find the types of all expressions.

    :raises DiffImpossible: too many columns, or two expressions whose types cannot be compared.
    """
    if len(columns) > MOST_COLUMNS:
        raise DiffImpossible(
            f"{len(columns)} columns are too many: the server joins at most {MOST_COLUMNS} columns of each side.",
            fix="compare the columns in several diffs, each with the key.",
        )
    if not columns:
        return []
    lefts = describe(db, left.relation, "l", [c.left for c in columns])
    rights = describe(db, right.relation, "r", [c.right for c in columns])
    typed = [TypedColumn(c, ltype, rtype) for c, ltype, rtype in zip(columns, lefts, rights, strict=True)]
    for one in typed:
        if not one.left.compatible(one.right):
            raise DiffImpossible(
                f"column {one.column.name!r} cannot be compared: {one.left} on one side, {one.right} on the other.",
                fix=f"compare the round trip: cast the right side's expression to {one.left}.",
            )
    return typed


def rows_differ(columns: Sequence[TypedColumn]) -> sql.Composable:
    """Return a condition over ``l`` and ``r`` that is true when any column differs."""
    direct = [c for c in columns if c.directly]
    stored = [c for c in columns if not c.directly]
    parts = []
    if direct:
        parts.append(
            sql.SQL("({} IS DISTINCT FROM {})").format(
                _row([_plain(c.column.left, c.left) for c in direct]),
                _row([_plain(c.column.right, c.right) for c in direct]),
            )
        )
    if stored:
        lefts = _row([_stored(c.column.left, c.left) for c in stored])
        rights = _row([_stored(c.column.right, c.right) for c in stored])
        parts.append(
            sql.SQL("(pg_catalog.record_image_ne({}, {}) AND {} IS DISTINCT FROM {})").format(
                lefts, rights, TEXT.format(lefts), TEXT.format(rights)
            )
        )
    return sql.SQL(" OR ").join(parts) if parts else sql.SQL("false")


def column_differs(one: TypedColumn) -> sql.Composable:
    """Return a condition over ``l`` and ``r`` that is true when this column differs."""
    return sql.SQL("({})").format(rows_differ([one]))


def _row(values: Sequence[sql.Composable]) -> sql.Composable:
    return sql.SQL("ROW({})").format(sql.SQL(", ").join(values))


def _plain(expression: sql.Composable, kind: SqlType) -> sql.Composable:
    """A text's own collation may call two different texts equal, so texts are compared by their bytes."""
    template = '({}) COLLATE pg_catalog."C"' if kind.oid in STRINGS else "({})"
    return sql.SQL(template).format(expression)


def _stored(expression: sql.Composable, kind: SqlType) -> sql.Composable:
    """Images compare only between equal types: a domain is taken as its base type."""
    if kind.oid == RECORD:
        return sql.SQL("({})").format(expression)
    return sql.SQL("({})::{}").format(expression, kind.identifier)
