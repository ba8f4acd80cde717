"""A table of one shape, told as a query over tables of the other: many to one, one to many, split, merge, lookup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from psycopg import sql

# forward: the new shape from the old one. back: the old shape from the new one.
Direction = Literal["forward", "back"]


@dataclass(frozen=True, slots=True)
class Shape:
    """One table, and where its rows come from.

    :ivar key: the columns that identify a row; a unique constraint of the table.
    :ivar rows: a SELECT with one row for each key, over tables of the other shape; its columns have the table's names.
    :ivar origins: by table (schema, name) of the other shape, a SELECT of the keys that a row of it, ``r``, is part of:
        ``SELECT r.admin_id``.
    :ivar columns: what ``rows`` gives, in its order; the key among them.
    :ivar types: the key columns' types, as the server writes them.
    """

    schema: str
    name: str
    key: Sequence[str]
    rows: str
    origins: Mapping[tuple[str, str], str]
    columns: Sequence[str]
    types: Sequence[str]

    @property
    def label(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def table(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)

    @property
    def query(self) -> sql.SQL:
        """``rows`` without what would end it too early."""
        return sql.SQL(self.rows.strip().rstrip(";"))  # type: ignore[arg-type]  # the spec's own SQL

    def names(self, *prefix: str) -> sql.Composed:
        """The key columns, ``prefix`` before each."""
        return sql.SQL(", ").join(sql.Identifier(*prefix, name) for name in self.key)

    def same(self, left: str, right: str) -> sql.Composed:
        """Whether the keys of two aliases are the same."""
        pairs = (sql.SQL("{} = {}").format(sql.Identifier(left, k), sql.Identifier(right, k)) for k in self.key)
        return sql.SQL(" AND ").join(pairs)

    def arrays(self, keys: Sequence[tuple[Any, ...]]) -> list[sql.Composed]:
        """Return ``keys`` as one array for each key column."""
        columns = zip(*keys, strict=True) if keys else ([] for _ in self.key)
        return [
            sql.SQL("{}::{}[]").format(sql.Literal(list(column)), sql.SQL(kind))  # type: ignore[arg-type]  # the server's
            for column, kind in zip(columns, self.types, strict=True)
        ]
