"""Watch: who works by the flag, whether columns follow as they should, and whether every row is right."""

from __future__ import annotations

import time
from typing import Any

from cutover.context import RunContext
from cutover.postgres.dual_write import comparing, state
from cutover.postgres.dual_write.steps.watch import PAUSE, flag_check
from cutover.postgres.in_place import looking, tables
from cutover.postgres.in_place.steps.verify import shapes
from cutover.postgres.online import guard
from cutover.validation import row_diff


def watch(ctx: RunContext) -> list[dict[str, Any]]:
    """Look for the spec's ``watch: duration``; at its end compare the columns that follow, row by row.

    :returns: checks as dicts, which are in the journal as well.
    """
    ends = time.monotonic() + ctx.spec.watch.duration.total_seconds()
    with guard.alone(ctx, "watch") as db:
        known = state.get(db, ctx.run_id)
        while True:
            checks = [*looking.follows(ctx, db, known), *looking.names(ctx, db), flag_check(ctx)]
            left = ends - time.monotonic()
            if left <= 0 or any(check.blocks for check in checks):
                break
            ctx.cancel.wait(min(PAUSE, left))
        forward, back = shapes(tables.look(ctx, db))
        for shape in back if known.live == "new" else forward:
            checks.append(row_diff.check(comparing.compare(ctx, shape), label=shape.label))
    for check in checks:
        ctx.journal.record_check(ctx.run_id, check)
    return [check.as_dict() for check in checks]


def keep_in_step(ctx: RunContext) -> dict[str, Any]:
    """Nothing waits: columns are computed in the write itself.

    :returns: ``{"live", "drained": 0}`` or ``{"skipped": reason}``.
    """
    try:
        with guard.alone(ctx, "keep-in-step", patience=0) as db:
            return {"live": state.get(db, ctx.run_id).live, "drained": 0}
    except guard.Busy as busy:
        return {"skipped": busy.what}
