"""Drain: take touched keys from the log and, in the same snapshot, make the follower's rows what the live rows say.

A batch is one REPEATABLE READ transaction: the entries that vanish, the live rows that are read and the follower
rows that are written belong to one snapshot. Dying anywhere leaves either all of it or nothing. Should two drains
ever run at once, whichever is second fails to serialize or meets a duplicate key, and tries again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

from cutover import points, sqlfiles
from cutover.postgres.online import stuck
from cutover.postgres.online.rewrite import Flow, rewrite, temporary
from cutover.postgres.online.state import Table

RETRIED = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)
REFUSED = (psycopg.errors.IntegrityError, psycopg.errors.DataError)
WINDOW_BLOCKS = 128
EVERYTHING = (0, 2**32 - 1)


def pending(db: psycopg.Connection[Any], table: Table) -> int:
    """Return how many log entries wait; a TRUNCATE counts as one."""
    names = table.names
    row = db.execute(
        sql.SQL(
            "SELECT (SELECT count(*) FROM {}) + (SELECT count(*) FROM cutover.truncation"
            " WHERE (number, ordinal, live) = (%s, %s, %s))"
        ).format(names.log(table.live)),
        (names.number, names.ordinal, table.live),
    ).fetchone()
    return int(row[0]) if row else 0


def drain(
    db: psycopg.Connection[Any],
    table: Table,
    *,
    check: Callable[[], None] = lambda: None,
    tell: Callable[[int], None] = lambda _: None,
) -> int:
    """Go over the log once, a window of blocks at a time; returns the number of keys that were settled.

    Once, and not until it is empty: while the application writes, it may never be.

    :param db: in autocommit mode, with the search path of :func:`rows.path`.
    :param check: asked before each window whether to go on; :param tell: told after it how many keys it settled.

    Rows that the follower refuses are set aside by :mod:`cutover.postgres.online.stuck`, never dropped silently.
    """
    flow = Flow.of(table)
    stuck.requeue(db, flow)
    row = db.execute(sql.SQL("SELECT pg_relation_size({}::regclass) / 8192").format(_text(db, flow.log))).fetchone()
    blocks = int(row[0]) if row else 0
    total = 0
    for start in range(0, blocks + 1, WINDOW_BLOCKS):
        check()
        count = _window(db, flow, (start, start + WINDOW_BLOCKS))
        tell(count)
        total += count
    return total


def _window(db: psycopg.Connection[Any], flow: Flow, window: tuple[int, int]) -> int:
    for _ in range(20):
        try:
            return _transaction(db, flow, window)
        except RETRIED:
            continue
        except psycopg.errors.UniqueViolation:
            # Half of an exchange of unique values may sit in another window: all of the log, in one snapshot,
            # is always consistent.
            return _everything(db, flow)
        except REFUSED:
            return stuck.isolate(db, flow, window)
    return _transaction(db, flow, window)


def _everything(db: psycopg.Connection[Any], flow: Flow) -> int:
    try:
        return _transaction(db, flow, EVERYTHING)
    except RETRIED:
        return 1  # something moved: another pass
    except REFUSED:
        return stuck.isolate(db, flow, EVERYTHING)


def _transaction(db: psycopg.Connection[Any], flow: Flow, window: tuple[int, int]) -> int:
    with db.transaction():
        db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        taken = apply(db, flow, window)
        points.reach("drain.before_commit")
        return taken


def drain_within(db: psycopg.Connection[Any], table: Table) -> int:
    """Drain everything inside the caller's transaction: one that keeps writers out by a lock, or REPEATABLE READ."""
    return apply(db, Flow.of(table), EVERYTHING)


def apply(db: psycopg.Connection[Any], flow: Flow, window: tuple[int, int]) -> int:
    """Take the log's entries in a window of blocks and rewrite their rows, in the caller's transaction."""
    truncated = _truncate(db, flow)
    keys, stash = temporary(db, flow)
    taken = db.execute(
        sqlfiles.compose(
            "online/drain_take",
            log=flow.log,
            ks=flow.key.ks(),
            keys=sql.Identifier(keys),
            lower=sql.Literal(f"({window[0]},0)") + sql.SQL("::tid"),
            upper=sql.Literal(f"({window[1]},0)") + sql.SQL("::tid"),
        )
    ).rowcount
    if taken:
        points.reach("drain.taken")
        rewrite(db, flow, keys, stash)
    return taken + truncated


def _truncate(db: psycopg.Connection[Any], flow: Flow) -> int:
    """Empty the follower when the live table was truncated.

    Rows that came after the TRUNCATE are all in the log still: it became visible no later than they did, and it is
    always looked for first, in their snapshot.
    """
    names = flow.table.names
    found = db.execute(
        "DELETE FROM cutover.truncation WHERE (number, ordinal, live) = (%s, %s, %s)",
        (names.number, names.ordinal, flow.table.live),
    ).rowcount
    if found:
        db.execute(sql.SQL("DELETE FROM {}").format(flow.follower))
    return found


def _text(db: psycopg.Connection[Any], name: sql.Identifier) -> sql.Literal:
    return sql.Literal(name.as_string(db))
