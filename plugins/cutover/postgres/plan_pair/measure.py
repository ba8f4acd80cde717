"""How fast blue's rows can be read: a part of its largest table, streamed as the copy will do it, and thrown away."""

from __future__ import annotations

import contextlib
import time

import psycopg
from psycopg import sql

from cutover.context import Db
from cutover.postgres.plan_pair.model import Speed
from cutover.postgres.preflight.session import undone
from cutover.postgres.preflight_pair.structure import Structure

SECONDS, MOST_ROWS = 1.0, 200_000


class _Enough(Exception):
    """Leaving a COPY by an exception is what makes psycopg end it; after a ``break`` the session would stay busy."""


def measure(db: Db, blue: Structure) -> Speed | None:
    """Return the speed of one session; None where there is nothing to read, or it may not be read."""
    tables = [table for table in blue.travelling() if table.relation.readable and table.relation.rows_estimated > 0]
    largest = max(tables, key=lambda table: table.relation.bytes_estimated, default=None)
    if largest is None:
        return None
    query = sql.SQL("COPY (SELECT * FROM ONLY {} LIMIT {}) TO STDOUT (FORMAT binary)").format(
        sql.Identifier(*largest.name), sql.Literal(MOST_ROWS)
    )
    read, began = 0, time.monotonic()
    try:
        with (
            contextlib.suppress(_Enough),
            undone(db, lock_wait=1000, read_only=True, statement="10s"),
            db.cursor() as cursor,
            cursor.copy(query) as copy,
        ):
            for block in copy:
                read += len(block)
                if time.monotonic() - began > SECONDS:
                    raise _Enough
    except psycopg.Error:
        if read == 0:
            return None
    elapsed = max(time.monotonic() - began, 1e-3)
    return Speed(largest.label, read, read / elapsed) if read else None
