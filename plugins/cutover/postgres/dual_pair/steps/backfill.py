"""Backfill: the rows of one snapshot, then indexes, then green follows; until it is close enough."""

from __future__ import annotations

import time
from typing import Any

from cutover.context import RunContext
from cutover.postgres.blue_green.steps.copy import copy
from cutover.postgres.blue_green.steps.follow import follow
from cutover.postgres.blue_green.steps.index import index
from cutover.postgres.blue_green.vigil import Vigil
from cutover.postgres.dual_pair.errors import NotCaughtUp
from cutover.postgres.dual_pair.leading import green_is_live

# So many looks in a row have to be under the limit, with so much time between them.
STEADY = 3
LOOK_SECONDS = 1.0


def backfill(ctx: RunContext) -> dict[str, Any]:
    """Copy, index, follow, and wait until green is less than ``cutover.max_lag`` behind; each goes on where it was.

    :returns: ``{"rows", "indexes", "looks", "worst_seconds", "seconds"}``; ``{"already": True}`` where applications
        write green already.
    :raises NotCaughtUp: a change cannot be applied, or the flow is broken.
    """
    if green_is_live(ctx):
        return {"already": True}
    began = time.monotonic()
    copied = copy(ctx)
    made = index(ctx)
    follow(ctx)
    caught = _await(ctx)
    seconds = round(time.monotonic() - began, 3)
    return {
        "rows": copied["rows"],
        "indexes": made["indexes"],
        "looks": caught["looks"],
        "worst_seconds": caught["worst_seconds"],
        "seconds": seconds,
    }


def _await(ctx: RunContext) -> dict[str, Any]:
    vigil = Vigil(ctx, max_seconds=ctx.spec.cutover.max_lag.total_seconds(), steady=STEADY)
    while (found := vigil.look()) is None:
        ctx.cancel.wait(LOOK_SECONDS)
    if found["status"] != "ok":
        raise NotCaughtUp(found["message"], fix=found.get("fix") or "run the step again.")
    return found
