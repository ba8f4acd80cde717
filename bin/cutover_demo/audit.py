"""Read the shop as the ledger sees it, whichever version of the table is live."""

from __future__ import annotations

from collections import Counter
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from cutover_demo.ledger import Effects, Row, normal
from cutover_demo.shop import POOL_EVERY, POOL_REST
from cutover_demo.statements import statement
from cutover_demo.verdict import Observed

Session = psycopg.Connection[Any]


def observe(db: Session, untouched_before: tuple[int, str]) -> Observed:
    """Read everything that :func:`cutover_demo.reconcile.reconcile` compares; the writers have stopped."""
    return Observed(
        orders=orders(db),
        children=children(db),
        tokens=tokens(db),
        release=release(db),
        untouched_before=untouched_before,
        untouched_after=untouched(db),
        dangling_parents=dangling_parents(db),
    )


def release(db: Session) -> int:
    """Return 1 while ``shop.orders`` is the old table, 2 once the migrated one has its name."""
    row = db.execute(statement("audit/release")).fetchone()
    assert row is not None
    return int(row[0])


def orders(db: Session) -> list[Row]:
    """Return every order that a writer owns or made, in the ledger's normal form. A doubled one is there twice."""
    with db.cursor(row_factory=dict_row) as cursor:
        return [normal(row) for row in cursor.execute(_filled("audit/touchable", db))]


def children(db: Session) -> list[tuple[str, str | None, str]]:
    """Return child rows of those orders as ``(table:id, reference, text)``, and every orphan, reference None."""
    return [tuple(row) for row in db.execute(_filled("audit/children", db))]  # type: ignore[misc]


def tokens(db: Session) -> Counter[tuple[int, int]]:
    """Return how often each ``(writer, seq)`` is in ``shop.ledger``."""
    return Counter({(writer, seq): copies for writer, seq, copies in db.execute(statement("audit/tokens"))})


def untouched(db: Session) -> tuple[int, str]:
    """Return number and fingerprint of the orders that no writer owns."""
    row = db.execute(_filled("audit/untouched", db)).fetchone()
    assert row is not None
    return int(row[0]), str(row[1])


def dangling_parents(db: Session) -> int:
    """Return how many orders refer to a parent that does not exist."""
    row = db.execute(statement("audit/dangling_parents")).fetchone()
    assert row is not None
    return int(row[0])


def owned_by(db: Session, writer: int, of: int) -> Effects:
    """Return the loaded orders, and their children, that belong to ``writer`` of so many."""
    mine = {row["reference"]: row for row in orders(db) if _owner(row["reference"], of) == writer}
    theirs = [(child, reference, what) for child, reference, what in children(db) if reference in mine]
    db.commit()
    return Effects(mine, {child: [str(reference), what] for child, reference, what in theirs})  # type: ignore[arg-type]


def _owner(reference: str, of: int) -> int | None:
    """Return which of so many writers owns a loaded order; None for what another writer has just made."""
    return int(reference[2:]) // POOL_EVERY % of if reference.startswith("S-") else None


def _filled(name: str, db: Session) -> sql.Composed:
    pool = {"every": sql.Literal(POOL_EVERY), "rest": sql.Literal(POOL_REST)}
    live = sql.SQL(statement(f"audit/live_v{release(db)}"))  # type: ignore[arg-type]
    owned = sql.SQL(statement("audit/owned")).format(**pool)  # type: ignore[arg-type]
    return sql.SQL(statement(name)).format(live=live, owned=owned, **pool)  # type: ignore[arg-type]
