"""A row that each side writes and the other one sees arrive: how far it is behind, in seconds nobody can flatter."""

from __future__ import annotations

from datetime import datetime

from cutover import sqlfiles
from cutover.context import Db
from cutover.postgres.blue_green.names import SideName


def beat(db: Db, number: int, side: SideName) -> int:
    """Write the next beat on ``side``, which ``db`` is a session of, and return it."""
    row = db.execute(sqlfiles.text("blue_green/beat").encode(), (number, side)).fetchone()
    assert row is not None, "an upsert returns its row"
    return int(row[0])


def seen(db: Db, number: int, side: SideName) -> tuple[int, datetime] | None:
    """Return the last beat of ``side`` that is visible to this session, and when it was written there."""
    row = db.execute(
        "SELECT beat, at FROM cutover_sync.heartbeat WHERE (number, side) = (%s, %s)", (number, side)
    ).fetchone()
    return (int(row[0]), row[1]) if row else None
