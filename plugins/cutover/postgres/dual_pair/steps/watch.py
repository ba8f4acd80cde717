"""Watch: what blue-green watches, and who works by the flag."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.postgres.blue_green.steps import watch as pair
from cutover.postgres.dual_pair.leading import follow_live
from cutover.postgres.dual_write.steps.watch import flag_check
from cutover.postgres.online import guard


def watch(ctx: RunContext) -> list[dict[str, Any]]:
    """Look at fence, way back, the flag and who follows it, for the spec's ``watch: duration``.

    :returns: checks as dicts, which are in the journal as well.
    """
    checks = pair.watch(ctx)
    check = flag_check(ctx)
    ctx.journal.record_check(ctx.run_id, check)
    return [*checks, check.as_dict()]


def keep_in_step(ctx: RunContext) -> dict[str, Any]:
    """One look in the window, or while a run waits for an approval; mends what a crash, or a hand, has left.

    :returns: see :func:`cutover.postgres.blue_green.steps.watch.keep_in_step`.
    """
    with guard.alone(ctx, "keep-in-step", patience=5):
        follow_live(ctx)
    return pair.keep_in_step(ctx)
