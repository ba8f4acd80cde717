"""What of a table is compared, and how: each side as a relation with the same column names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.context import Db
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.blue_green.tables import TableMap
from cutover.postgres.rowdiff import ComparedColumn, Side


@dataclass(frozen=True, slots=True)
class Here:
    """One table as one side has it; see ``compared.sql``."""

    schema: str
    table: str
    rows: int
    only: bool
    types: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Catalog:
    """What both sides have: tables by (schema, name), and the types that each of them knows by name."""

    blue: Mapping[tuple[str, str], Here]
    green: Mapping[tuple[str, str], Here]
    blue_knows: frozenset[str] = frozenset()
    green_knows: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Subject:
    """One table, ready to be compared: blue is on the left.

    :ivar columns: what must be equal. :ivar back: blue's columns that green lacks, with what the way back computes
        for them: what a row gets there once it is written on green.
    :ivar keyed: rows are told apart by a key; otherwise the sides have columns only.
    """

    table: TableMap
    left: Side
    right: Side
    columns: tuple[ComparedColumn, ...]
    back: tuple[ComparedColumn, ...]
    keyed: bool
    lacking: tuple[str, ...] = field(default=())


def catalog(blue: Db, green: Db, tables: Sequence[TableMap]) -> Catalog:
    """Ask both sides about the tables."""
    on_blue, on_green = _look(blue, tables), _look(green, tables)
    named = {kind for here in (*on_blue.values(), *on_green.values()) for kind in here.types.values()}
    return Catalog(on_blue, on_green, _known(blue, named), _known(green, named))


def subject(table: TableMap, known: Catalog, *, origin: SideName) -> Subject:
    """Describe what is compared.

    The columns that travel; and while blue is live also green's columns that are computed on the way there. Once green
    is live these are written by the application and need not be what the mapping would make of them.

    A column whose type differs is compared in green's type, where blue knows that type, and by its text otherwise: what
    green had to round is not a difference, what blue has to round on the way back is one.
    """
    place = (table.schema, table.table)
    blue, green = known.blue.get(place), known.green.get(place)
    lacking = tuple(name for name, here in (("blue", blue), ("green", green)) if here is None)
    blue_types, green_types = (dict(here.types) if here else {} for here in (blue, green))
    lefts: list[tuple[str, sql.Composable]] = []
    rights: list[tuple[str, sql.Composable]] = []
    for name in table.shared:
        column = sql.Identifier(name)
        kind = green_types.get(name)
        differs = kind != blue_types.get(name) and kind in known.blue_knows
        lefts.append((name, _cast(column, kind) if differs else column))
        rights.append((name, column))
    if origin == "blue":
        for name, text in table.forward.items():
            lefts.append((name, _value(text, green_types.get(name), known.blue_knows)))
            rights.append((name, sql.Identifier(name)))
    count = len(lefts)
    for name, text in table.back.items():
        lefts.append((name, sql.Identifier(name)))
        rights.append((name, _value(text, blue_types.get(name), known.green_knows)))
    compared = tuple(
        ComparedColumn(name, sql.Identifier("l", f"c{n}"), sql.Identifier("r", f"c{n}"))
        for n, (name, _) in enumerate(lefts, 1)
    )
    rows = blue.rows if blue else 0
    return Subject(
        table,
        _side(table, lefts, rows, only=bool(blue and blue.only)),
        _side(table, rights, rows, only=bool(green and green.only)),
        compared[:count],
        compared[count:],
        bool(table.key),
        lacking,
    )


def _side(table: TableMap, values: Sequence[tuple[str, sql.Composable]], rows: int, *, only: bool) -> Side:
    keys = tuple(f"k{n}" for n, _ in enumerate(table.key, 1))
    named: list[tuple[str, sql.Composable]] = [(f"k{n}", sql.Identifier(name)) for n, name in enumerate(table.key, 1)]
    named += [(f"c{n}", value) for n, (_, value) in enumerate(values, 1)]
    items = sql.SQL(", ").join(sql.SQL("{} AS {}").format(value, sql.Identifier(name)) for name, value in named)
    relation = sql.SQL("(SELECT {} FROM {}{})").format(items, sql.SQL("ONLY " if only else ""), table.identifier)
    return Side(relation, keys, unique=True, expected_rows=rows, key_names=table.key)


def _value(text: str, kind: str | None, known: frozenset[str]) -> sql.Composable:
    # On lines of its own: an expression may end in a comment.
    value = sql.SQL("(\n{}\n)").format(sql.SQL(text))  # type: ignore[arg-type]
    return _cast(value, kind) if kind in known else value


def _cast(value: sql.Composable, kind: str | None) -> sql.Composable:
    # The type as the server itself wrote it, schema and all.
    return sql.SQL("{}::{}").format(value, sql.SQL(kind or "text"))  # type: ignore[arg-type]


def _look(db: Db, tables: Sequence[TableMap]) -> dict[tuple[str, str], Here]:
    asked: dict[str, Any] = {"schemas": [one.schema for one in tables], "tables": [one.table for one in tables]}
    with db.cursor(row_factory=class_row(Here)) as cursor:
        found = cursor.execute(sqlfiles.text("blue_green/compared"), asked).fetchall()  # type: ignore[arg-type]
    return {(here.schema, here.table): here for here in found}


def _known(db: Db, types: set[str]) -> frozenset[str]:
    rows = db.execute("SELECT t FROM unnest(%s::text[]) AS t WHERE to_regtype(t) IS NOT NULL", (sorted(types),))
    return frozenset(row[0] for row in rows)
