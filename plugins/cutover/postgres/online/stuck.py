"""Rows that the follower refuses: found one by one, set aside with the reason, tried again by every drain.

Before the swap such a row stops the run. After it, the row keeps the application from nothing, but there is no way back
for it, and rollback says so before it does anything.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from cutover import sqlfiles
from cutover.postgres.online.design import Key
from cutover.postgres.online.names import Names
from cutover.postgres.online.rewrite import Flow, rewrite, temporary
from cutover.postgres.online.state import Table

REFUSED = (psycopg.errors.IntegrityError, psycopg.errors.DataError)


def create(db: psycopg.Connection[Any], names: Names, key: Key, like: sql.Identifier) -> None:
    """Create the table of refused keys; it holds keys of whichever side is live, as text."""
    ks = sql.SQL(", ").join(
        sql.SQL("CAST(NULL AS text) AS {}").format(sql.Identifier(f"k{i}")) for i, _ in enumerate(key.columns, 1)
    )
    db.execute(
        sql.SQL("CREATE TABLE {} AS SELECT {}, CAST(NULL AS text) AS error FROM {} WITH NO DATA").format(
            names.stuck, ks, like
        )
    )


def requeue(db: psycopg.Connection[Any], flow: Flow) -> None:
    """Put refused keys back into the log: the live row may be one by now that the follower takes."""
    casts = sql.SQL(", ").join(
        sql.SQL("CAST({} AS {})").format(sql.Identifier(f"k{i}"), sql.SQL(kind))  # type: ignore[arg-type]
        for i, kind in enumerate(flow.key.types, 1)
    )
    db.execute(
        sqlfiles.compose(
            "online/stuck_requeue", stuck=flow.table.names.stuck, log=flow.log, ks=flow.key.ks(), casts=casts
        )
    )


def isolate(db: psycopg.Connection[Any], flow: Flow, window: tuple[int, int]) -> int:
    """Drain a window of the log although some of its rows are refused; returns the number of entries taken."""
    with db.transaction():
        db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        found = db.execute(
            sql.SQL("SELECT ctid::text FROM {} WHERE ctid >= {} AND ctid < {}").format(
                flow.log, *(sql.SQL("{}::tid").format(sql.Literal(f"({block},0)")) for block in window)
            )
        ).fetchall()
        return _halve(db, flow, [row[0] for row in found])


def _halve(db: psycopg.Connection[Any], flow: Flow, entries: list[str]) -> int:
    if not entries:
        return 0
    try:
        with db.transaction():
            _apply(db, flow, entries)
        return len(entries)
    except REFUSED as error:
        if len(entries) == 1:
            if isinstance(error, psycopg.errors.DataError) and _gone(db, flow, entries[0]):
                db.execute(sql.SQL("DELETE FROM {} WHERE ctid = {}::tid").format(flow.log, sql.Literal(entries[0])))
            else:
                _set_aside(db, flow, entries[0], error)
            return 1
    middle = len(entries) // 2
    return _halve(db, flow, entries[:middle]) + _halve(db, flow, entries[middle:])


def _apply(db: psycopg.Connection[Any], flow: Flow, entries: list[str]) -> None:
    keys, stash = temporary(db, flow)
    db.execute(
        sqlfiles.compose(
            "online/stuck_take", log=flow.log, ks=flow.key.ks(), keys=sql.Identifier(keys), entries=sql.Literal(entries)
        )
    )
    rewrite(db, flow, keys, stash)


def _gone(db: psycopg.Connection[Any], flow: Flow, entry: str) -> bool:
    """Whether the live side has no row for this entry, and the other none that it could equal: nothing is refused."""
    row = db.execute(
        sql.SQL("SELECT NOT EXISTS (SELECT FROM {} AS t JOIN ONLY {} AS l ON {} WHERE t.ctid = {}::tid)").format(
            flow.log, flow.live, flow.key.equals_k("l", "t", flow.key.types), sql.Literal(entry)
        )
    ).fetchone()
    return bool(row and row[0])


def _set_aside(db: psycopg.Connection[Any], flow: Flow, entry: str, error: psycopg.Error) -> None:
    texts = sql.SQL(", ").join(
        sql.SQL("CAST({} AS text)").format(sql.Identifier(f"k{i}")) for i, _ in enumerate(flow.key.columns, 1)
    )
    reason = " ".join(filter(None, (error.diag.message_primary, error.diag.message_detail))) or str(error)
    db.execute(
        sqlfiles.compose(
            "online/stuck_add",
            log=flow.log,
            stuck=flow.table.names.stuck,
            ks=flow.key.ks(),
            texts=texts,
            entry=sql.Literal(entry),
            error=sql.Literal(reason[:1000]),
        )
    )


def rows(db: psycopg.Connection[Any], table: Table, limit: int = 20) -> tuple[int, list[dict[str, Any]]]:
    """Return how many distinct keys are refused, and some of them as ``{"key": [...], "error": ...}``."""
    count = db.execute(sql.SQL("SELECT count(*) FROM {}").format(table.names.stuck)).fetchone()
    ks = table.design.key(table.live).ks()
    found = db.execute(
        sql.SQL("SELECT ARRAY[{}], error FROM {} LIMIT {}").format(ks, table.names.stuck, sql.Literal(limit))
    ).fetchall()
    return int(count[0]) if count else 0, [{"key": row[0], "error": row[1]} for row in found]
