"""WAL that the live server keeps for replication slots: it fills its disk."""

from __future__ import annotations

from psycopg.rows import dict_row

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.journal.check import Check
from cutover.messages.words import volume
from cutover.observing import verdicts
from cutover.observing.subject import Subject


def ask(ctx: RunContext, db: Db, of: Subject) -> Check:
    """Judge the slot that keeps most, whoever made it."""
    with db.cursor(row_factory=dict_row) as cursor:
        slots = cursor.execute(sqlfiles.text("health/slots").encode()).fetchall()
    most = max(slots, key=lambda slot: slot["kept_bytes"] or 0, default=None)
    kept = (most["kept_bytes"] or 0) if most else 0
    text = f"{volume(kept)} for the slot {most['name']}" if most else "no slot keeps any"
    return verdicts.judged("OBSERVE_WAL", kept, of.thresholds.wal, text, unit="bytes", figures={"slots": len(slots)})
