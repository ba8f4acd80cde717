"""Backfill: rows of before, then indexes and constraints of the new columns."""

from __future__ import annotations

import time
from typing import Any

from psycopg import sql

from cutover.context import RunContext
from cutover.postgres.dual_write import state
from cutover.postgres.in_place import completing, filling, tables
from cutover.postgres.online import guard


def backfill(ctx: RunContext) -> dict[str, Any]:
    """Fill every row of the new columns, then complete the tables; again, it only does what is missing.

    :returns: ``{"rows": changed, "made": [indexes and constraints], "seconds"}``.
    :raises RowRefused: an expression fails on a row.
    :raises NotCompleted: rows do not satisfy an index or a constraint.
    """
    began, changed = time.monotonic(), 0
    made: list[str] = []
    with guard.alone(ctx, "backfill") as db:
        known = state.get(db, ctx.run_id)
        for table in [] if known.filled else tables.look(ctx, db):
            changed += filling.fill(ctx, db, table)
            made += completing.complete(ctx, db, table)
            db.execute(sql.SQL("ANALYZE {}").format(table.name))
        state.mark(db, ctx.run_id, filled=True)
    return {"rows": changed, "made": made, "seconds": round(time.monotonic() - began, 3)}
