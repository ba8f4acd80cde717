"""Sequences across the exchange: a serial's sequence changes its owner, an identity's value is carried over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from cutover.postgres.online import catalog
from cutover.postgres.online.names import Names

# Whoever was told the old sequence's oid and then waited for its lock draws from the old one once the lock is gone.
GAP = 1000


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence of a column of the live table."""

    oid: int
    schema: str
    name: str
    column: str
    kind: str
    increment: int
    cache: int
    minimum: int
    maximum: int

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)


def gather(db: psycopg.Connection[Any], table: int) -> list[Sequence]:
    """Return the sequences that belong to a table's columns."""
    return [Sequence(**row) for row in catalog.rows(db, "sequences", table=table)]


def release(db: psycopg.Connection[Any], found: list[Sequence]) -> None:
    """Let go of serials' sequences, so that they stay where they are when their table moves."""
    for item in found:
        if item.kind == "a":
            db.execute(sql.SQL("ALTER SEQUENCE {} OWNED BY NONE").format(item.identifier))


def attach(db: psycopg.Connection[Any], found: list[Sequence], names: Names, carriers: Mapping[str, str]) -> None:
    """Give serials' sequences to the table that is live now.

    :param carriers: the now live table's column for each column of the table that was live.
    """
    for item in found:
        if item.kind == "a" and item.column in carriers:
            db.execute(
                sql.SQL("ALTER SEQUENCE {} OWNED BY {}").format(
                    item.identifier, sql.Identifier(names.schema, names.table, carriers[item.column])
                )
            )


def carry(db: psycopg.Connection[Any], found: list[Sequence], now_live: int, carriers: Mapping[str, str]) -> None:
    """Let the new identity sequences go on where the old ones stand; the old ones are locked by the move."""
    targets = {item.column: item for item in gather(db, now_live) if item.kind == "i"}
    for item in found:
        target = targets.get(carriers.get(item.column, ""))
        if item.kind == "i" and target:
            _set(db, item, target)


def _set(db: psycopg.Connection[Any], source: Sequence, target: Sequence) -> None:
    row = db.execute(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = %s",
        (source.oid,),
    ).fetchone()
    assert row is not None
    state = db.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(*row))).fetchone()
    assert state is not None
    last, called = state
    if not called:
        db.execute("SELECT setval(%s::oid::regclass, %s, false)", (target.oid, last))
        return
    # Skipping some values costs nothing; but a short sequence that is nearly used up must not be pushed over its end.
    step = source.increment * max(source.cache, GAP)
    room = (target.maximum - last) if source.increment > 0 else (target.minimum - last)
    gap = step if abs(step) <= abs(room) // 100 else 0
    db.execute("SELECT setval(%s::oid::regclass, %s, true)", (target.oid, last + gap))
