"""A row that each side writes and the other one sees arrive: how far it is behind, in seconds nobody can flatter."""

from __future__ import annotations

from datetime import datetime

from cutover.context import Db
from cutover.postgres.blue_green.names import SideName

BEAT = """
INSERT INTO cutover_sync.heartbeat AS h (number, side, beat, at) VALUES (%s, %s, 1, clock_timestamp())
ON CONFLICT (number, side) DO UPDATE SET beat = h.beat + 1, at = excluded.at
RETURNING beat
"""


def beat(db: Db, number: int, side: SideName) -> int:
    """Write the next beat on ``side``, which ``db`` is a session of, and return it."""
    row = db.execute(BEAT, (number, side)).fetchone()
    assert row is not None, "an upsert returns its row"
    return int(row[0])


def seen(db: Db, number: int, side: SideName) -> tuple[int, datetime] | None:
    """Return the last beat of ``side`` that is visible to this session, and when it was written there."""
    row = db.execute(
        "SELECT beat, at FROM cutover_sync.heartbeat WHERE (number, side) = (%s, %s)", (number, side)
    ).fetchone()
    return (int(row[0]), row[1]) if row else None
