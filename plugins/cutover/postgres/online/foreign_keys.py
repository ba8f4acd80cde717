"""Foreign keys across the exchange: dropped from the table that goes, added NOT VALID to the one that comes.

A follower has none: that of a table which lags a moment behind would refuse what the application may do. What was
valid before is validated right after the swap, without a lock that anyone would notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql

from cutover.postgres.online import catalog


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key by the names of its table; ``other`` is the table at the far end, which its creation locks."""

    schema: str
    table: str
    name: str
    definition: str
    validated: bool
    comment: str | None
    other: int

    @property
    def on(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.table)

    @property
    def place(self) -> tuple[str, str, str]:
        return self.schema, self.table, self.name

    def as_list(self) -> list[Any]:
        return [self.schema, self.table, self.name, self.definition, self.validated, self.comment]

    @classmethod
    def from_list(cls, data: Sequence[Any]) -> ForeignKey:
        return cls(*data, other=0)  # type: ignore[misc]


def outgoing(db: psycopg.Connection[Any], table: int, schema: str, name: str) -> list[ForeignKey]:
    """Return the foreign keys that a table has; ``schema`` and ``name`` are those of the live table."""
    return [
        ForeignKey(schema, name, row["name"], row["definition"], row["validated"], row["comment"], row["parent"])
        for row in catalog.rows(db, "foreign_keys_out", table=table)
    ]


def incoming(db: psycopg.Connection[Any], table: int, exchanged: Iterable[int]) -> list[ForeignKey]:
    """Return other tables' foreign keys to a table, without those of tables that are exchanged with it."""
    skip = set(exchanged)
    return [
        ForeignKey(
            row["child_schema"],
            row["child_name"],
            row["name"],
            row["definition"],
            row["validated"],
            row["comment"],
            row["child"],
        )
        for row in catalog.rows(db, "foreign_keys_in", table=table)
        if row["child"] not in skip
    ]


def validated(key: ForeignKey) -> ForeignKey:
    """The same key, to be validated although it is not at the moment."""
    return replace(key, validated=True, definition=key.definition.removesuffix(" NOT VALID"))


def drop(db: psycopg.Connection[Any], keys: Sequence[ForeignKey]) -> None:
    """Drop foreign keys; the caller holds the locks."""
    for key in keys:
        db.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(key.on, sql.Identifier(key.name)))


def add(db: psycopg.Connection[Any], keys: Sequence[ForeignKey]) -> None:
    """Add foreign keys without looking at the rows that are there."""
    for key in keys:
        suffix = "" if "NOT VALID" in key.definition or "NOT ENFORCED" in key.definition else " NOT VALID"
        db.execute(
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}{}").format(
                key.on,
                sql.Identifier(key.name),
                sql.SQL(key.definition),
                sql.SQL(suffix),  # type: ignore[arg-type]
            )
        )
        if key.comment:
            db.execute(
                sql.SQL("COMMENT ON CONSTRAINT {} ON {} IS {}").format(
                    sql.Identifier(key.name), key.on, sql.Literal(key.comment)
                )
            )
