"""How what shadow reads have found comes into the store: each batch once, and the first mismatches of a migration."""

from __future__ import annotations

from typing import Any

import psycopg

from cutover import sqlfiles
from cutover.flags.buffer import LONGEST_WHAT, Batch

# So many mismatches of a migration are kept; more are counted only.
KEPT = 1000
# Two that write at once must not both think that there is room.
ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('cutover.flags.shadow.' || %s, 0))"


def record(db: psycopg.Connection[Any], migration: str, instance: str, batch: Batch, seconds: float) -> None:
    """Write a batch; one that was written before changes nothing.

    :param seconds: longer than that a statement may not take.
    """
    found = batch.differences
    asked = {
        "migration": migration,
        "instance": instance,
        "number": batch.number,
        "kept": KEPT,
        "whats": list(batch.counts),
        "reads": [reads for reads, _ in batch.counts.values()],
        "mismatches": [mismatches for _, mismatches in batch.counts.values()],
        "what": [each.what[:LONGEST_WHAT] for each in found],
        **{name: [getattr(each, name) for each in found] for name in ("key", "old", "new", "version", "at")},
    }
    with db.transaction():
        db.execute("SELECT set_config('statement_timeout', %s, true)", (f"{max(1, round(seconds * 1000))}ms",))
        if found:
            db.execute(ALONE, (migration,))
        db.execute(sqlfiles.text("flags/record").encode(), asked)
