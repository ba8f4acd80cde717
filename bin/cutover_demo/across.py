"""A row diff between two databases that shares nothing with the engine's: whole rows as text, compared as multisets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from cutover_demo.statements import statement

Session = psycopg.Connection[Any]
NAMED = 10


def differing(old: Session, new: Session) -> tuple[int, list[str]]:
    """Compare every table of the shop by the columns that ``old`` has; nobody writes meanwhile.

    :returns: how many rows differ, and some of them by name.
    """
    total, findings = 0, []
    for table, columns in old.execute(statement("audit/columns")).fetchall():
        missing, added = _table(old, new, table, columns)
        total += max(missing.total(), added.total())
        for rows, where in ((missing, "is on the old side alone"), (added, "is on the new side alone")):
            findings += [f"{table}: {row[:200]} {where}" for row in list(rows)[:NAMED]]
    return total, findings


Fingerprint = dict[str, tuple[Sequence[str], dict[int, tuple[int, str]]]]


def fingerprint(db: Session) -> Fingerprint:
    """Return for every table of the shop its columns, and by bucket of rows how many there are and their hash."""
    return {
        table: (columns, _buckets(db, table, columns))
        for table, columns in db.execute(statement("audit/columns")).fetchall()
    }


def at_least(before: Fingerprint, after: Fingerprint) -> int:
    """Return how many buckets differ, so at least how many rows; a table that has other columns differs as a whole."""
    found = 0
    for table in {*before, *after}:
        columns, rows = before.get(table, ((), {}))
        others, more = after.get(table, ((), {}))
        if columns != others:
            found += max(len(rows), len(more), 1)
        else:
            found += sum(rows.get(bucket) != more.get(bucket) for bucket in {*rows, *more})
    return found


def _table(old: Session, new: Session, table: str, columns: Sequence[str]) -> tuple[Counter[str], Counter[str]]:
    here, there = (_buckets(db, table, columns) for db in (old, new))
    suspects = [bucket for bucket in here.keys() | there.keys() if here.get(bucket) != there.get(bucket)]
    if not suspects:
        return Counter(), Counter()
    mine, theirs = (_rows(db, table, columns, suspects) for db in (old, new))
    return mine - theirs, theirs - mine


def _buckets(db: Session, table: str, columns: Sequence[str]) -> dict[int, tuple[int, str]]:
    rows = db.execute(_filled("audit/buckets", table, columns)).fetchall()
    return {bucket: (number, fingerprint) for bucket, number, fingerprint in rows}


def _rows(db: Session, table: str, columns: Sequence[str], buckets: list[int]) -> Counter[str]:
    return Counter(row for (row,) in db.execute(_filled("audit/bucket_rows", table, columns), {"buckets": buckets}))


def _filled(name: str, table: str, columns: Sequence[str]) -> sql.Composed:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    query = sql.SQL(statement(name))  # type: ignore[arg-type]
    return query.format(table=sql.Identifier("shop", table), columns=listed)
