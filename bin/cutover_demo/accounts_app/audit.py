"""Read the accounts as the ledger sees them, on whichever side is live, by SQL that shares nothing with the engine."""

from __future__ import annotations

from collections import Counter
from typing import Any

import psycopg
from psycopg import sql

from cutover_demo.accounts_app.holdings import promised
from cutover_demo.accounts_app.rows import Known
from cutover_demo.accounts_app.shape import entities
from cutover_demo.statements import statement
from cutover_demo.verdict import Observed

Session = psycopg.Connection[Any]
# One seeded account in ten belongs to the processes; the others must stay as they were loaded.
EVERY = 10
REST = 7
NAMED = 10


def observe(db: Session, side: str, untouched_before: tuple[int, str]) -> Observed:
    """Read what :func:`cutover_demo.reconcile.reconcile` compares; the processes have stopped.

    :param side: ``old`` or ``new``, which is the one that is live.
    """
    rows = db.execute(_filled("owned", entities=entities(side))).fetchall()
    tokens = db.execute("SELECT writer, seq, count(*) FROM demo.tokens GROUP BY 1, 2").fetchall()
    return Observed(
        orders=[],
        children=[(name, *promised(owner, known)) for owner, name, known in rows],  # type: ignore[misc]
        tokens=Counter({(writer, seq): copies for writer, seq, copies in tokens}),
        untouched_before=untouched_before,
        untouched_after=untouched(db, side),
    )


def owned(db: Session, side: str, number: int, of: int) -> list[tuple[int, str, Known]]:
    """Return what belongs to one of so many processes: ``(account, name, what is known)``."""
    rows = db.execute(_filled("owned", entities=entities(side))).fetchall()
    return [(owner, name, known) for owner, name, known in rows if owner // EVERY % of == number]


def untouched(db: Session, side: str) -> tuple[int, str]:
    """Return number and fingerprint of what no process owns."""
    row = db.execute(_filled("untouched", entities=entities(side))).fetchone()
    assert row is not None
    return int(row[0]), str(row[1])


def differing(db: Session) -> tuple[int, list[str]]:
    """Compare everything that both sides know; return how much differs, and some of it by name."""
    rows = db.execute(_filled("differing", old=entities("old"), new=entities("new"))).fetchall()
    return len(rows), [f"{name} of account {owner}: {side} knows {known}" for side, owner, name, known in rows[:NAMED]]


def _filled(name: str, **parts: sql.Composable) -> sql.Composed:
    query = sql.SQL(statement(f"accounts/{name}"))  # type: ignore[arg-type]
    return query.format(every=sql.Literal(EVERY), rest=sql.Literal(REST), **parts)
