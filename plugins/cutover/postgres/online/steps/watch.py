"""Watch: the first minutes after the swap. The old side follows, and what would forbid going back is seen early."""

from __future__ import annotations

import time
from typing import Any

from cutover.context import RunContext
from cutover.journal.check import Check
from cutover.postgres.online import capture, guard, parts, state, stuck
from cutover.postgres.online.state import Table
from cutover.postgres.online.steps.catch_up import in_step

PAUSE = 0.5


def watch(ctx: RunContext) -> list[dict[str, Any]]:
    """Keep the old side in step for the spec's ``watch: duration`` and judge the way back at the end.

    :returns: checks as dicts, which are in the journal as well.
    """
    ends = time.monotonic() + ctx.spec.watch.duration.total_seconds()
    with guard.alone(ctx, "watch") as db:
        while True:
            for table in state.tables(db, ctx.run_id):
                in_step(ctx, table)
            left = ends - time.monotonic()
            if left <= 0:
                break
            ctx.cancel.wait(min(PAUSE, left))
        checks = [check for table in state.tables(db, ctx.run_id) for check in _judge(db, table)]
    for check in checks:
        ctx.journal.record_check(ctx.run_id, check)
    return [check.as_dict() for check in checks]


def _judge(db: Any, table: Table) -> list[Check]:
    live, _ = parts.sides(table)
    on = capture.at_work(db, live)
    off = "capture triggers are missing or disabled: a rollback would lose writes"
    count, some = stuck.rows(db, table, limit=5)
    return [
        Check(
            "CAPTURE_ON",
            "capture of the live table",
            on,
            "error",
            "every write is captured" if on else off,
            object=table.label,
        ),
        Check(
            "WAY_BACK",
            "rows that the old side can hold",
            count == 0,
            "error",
            f"{count} rows have no way back" if count else "the old side holds every row",
            {"stuck": count, "examples": some},
            table.label,
        ),
    ]
