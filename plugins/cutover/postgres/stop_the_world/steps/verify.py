"""Verify: everything, doors closed. Nobody writes, so every figure is exact; verdicts and report go to the journal."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.rowdiff import RowDiff
from cutover.postgres.stop_the_world import comparing, form, judging
from cutover.postgres.stop_the_world.errors import NotReady
from cutover.postgres.stop_the_world.steps.close import require_closed
from cutover.validation import report


def verify(ctx: RunContext) -> list[dict[str, Any]]:
    """Judge the new state.

    :returns: checks as dicts; they are in the journal as well, with the documents ``report.html`` and ``report.json``.
    :raises NotReady: the doors are open, or nothing is there to be judged.
    """
    ends, diffs = Ends.of(ctx), dict[str, RowDiff]()
    with form.alone(ctx, "verify"):
        if not require_closed(ctx, ends).migrated:
            raise NotReady(f"run {ctx.run_id!r} has nothing to verify yet.", fix="run the step migrate first.")
        checks = comparing.checks(ctx, ends, diffs) if form.across(ctx) else judging.checks(ctx, ends)
    report.keep(ctx, checks, diffs, sides=("blue", "green") if form.across(ctx) else ("before", "after"))
    return [check.as_dict() for check in checks]
