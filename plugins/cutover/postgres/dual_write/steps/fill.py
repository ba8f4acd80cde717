"""Backfill: what was there before double writing began."""

from __future__ import annotations

import time
from typing import Any

from cutover.context import RunContext
from cutover.postgres.dual_write import constraints, filling, sides, state
from cutover.postgres.dual_write.steps.build import at_once
from cutover.postgres.online import guard


def backfill(ctx: RunContext) -> dict[str, Any]:
    """Derive every row of the new side; never over something newer, and nothing that was deleted comes back.

    :returns: ``{"rows": changed, "drained": noted keys derived, "foreign_keys": put back, "seconds"}``.
    :raises NotConnected: rows of the new side refer to rows that are not there.
    """
    began, changed, connected = time.monotonic(), 0, 0
    with guard.alone(ctx, "backfill") as db:
        both = sides.look(ctx, db)
        side = both.forward
        if not both.state.filled:
            for place, shape in enumerate(side.shapes, 1):
                batch = ctx.spec.backfill.batch_rows
                changed += filling.fill(ctx, db, side.names, place, shape, batch=batch)
            connected = constraints.attach(ctx, db)
            db.execute("ANALYZE " + ", ".join(shape.table.as_string(db) for shape in side.shapes))  # type: ignore[arg-type]
            state.mark(db, ctx.run_id, filled=True)
        drained = 0 if at_once(ctx) else filling.drain(ctx, db, side.names, side.shapes)
    seconds = round(time.monotonic() - began, 3)
    return {"rows": changed, "drained": drained, "foreign_keys": connected, "seconds": seconds}
