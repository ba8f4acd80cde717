"""The types of a query's columns and of a table's: which of them hold the same values in the same text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg

from cutover.context import Db

Kind = tuple[int, int]  # oid, and what is in parentheses behind the type's name, or -1
Given = list[tuple[str, Kind]]
# Types whose values have the same text, by which rows are compared.
_ALIKE = ({"smallint", "integer", "bigint"}, {"text", "character varying"})


def described(cursor: psycopg.Cursor[Any]) -> Given:
    """Return names and types of a result's columns; a domain is told by what it is made of."""
    result = cursor.pgresult
    columns = cursor.description or []
    return [(column.name, (column.type_code, result.fmod(n) if result else -1)) for n, column in enumerate(columns)]


def different(db: Db, given: Mapping[str, Kind], wanted: Mapping[str, Kind]) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the given and the wanted type of columns whose values would be written in another way."""
    for name, kind in given.items():
        right = wanted[name]
        bare = {_written(db, kind[0], -1), _written(db, right[0], -1)}
        if any(bare <= alike for alike in _ALIKE):
            continue
        # 0 in a numeric(8,2) is 0.00: the query and the table would differ for ever.
        if len(bare) > 1 or right[1] not in (-1, kind[1]):
            yield name, _written(db, *kind), _written(db, *right)


def _written(db: Db, oid: int, more: int) -> str:
    row = db.execute("SELECT pg_catalog.format_type(%s, %s)", (oid, more)).fetchone()
    return str(row[0]) if row else str(oid)
