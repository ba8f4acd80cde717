"""Index: what comes after the rows. Keys, indexes and constraints, materialized views, statistics, the fence."""

from __future__ import annotations

import time
from typing import Any

from cutover import points
from cutover.context import RunContext
from cutover.postgres import sessions
from cutover.postgres.blue_green import fence, fill, finishing, identity, refresh, state, vacuum
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.finishing import STEP
from cutover.postgres.blue_green.wanted import side_with
from cutover.postgres.online import guard


def index(ctx: RunContext) -> dict[str, Any]:
    """Finish green, which has its rows. Interrupted, it goes on with what is missing.

    :returns: ``{"indexes": n, "fenced": n, "computed": n, "refreshed": n, "analyzed": n, "seconds": s}``.
    :raises IndexFailed: naming what cannot be made: duplicates in a unique index, rows that violate a constraint.
    :raises SlotKeepsTooMuch: blue's disk would have been in danger.
    """
    ends, began = Ends.of(ctx), time.monotonic()
    with guard.alone(ctx, STEP) as blue, ends.open("green", STEP, synchronous_commit="off") as green:
        side = side_with(ctx, green, "copied", "copy")
        if side.at_least("indexed"):
            return dict(side.detail["index"])
        for step in ("restore", "dump", vacuum.STEP):
            sessions.end(ctx, green, step)
        again = bool(side.detail.get("indexing"))
        state.put(green, ctx.run_id, indexing=True)
        # First, so that nobody writes here from now on; and before event triggers that may come with the schema.
        fence.prepare(ctx, green, ends.names, up=True)
        identity.ensure(ctx, green, side.tables)
        computed = fill.ensure(green, ends.names, "green", side.tables)
        points.reach("bg.index.fenced")
        made = finishing.post_data(ctx, ends, blue, green, again=again)
        points.reach("bg.index.post_data")
        figures = {
            "indexes": made,
            "fenced": len(fence.look(green, ends.names)),
            "computed": computed,
            "refreshed": refresh.run(ctx, blue, green),
            "analyzed": finishing.analyze(ctx, green),
            "seconds": round(time.monotonic() - began, 3),
        }
        points.reach("bg.index.analyzed")
        with green.transaction():
            green.execute("SET LOCAL synchronous_commit = on")
            state.put(green, ctx.run_id, index=figures)
            state.set_phase(green, ctx.run_id, "indexed")
    ctx.log.info("green is complete: %s", figures)
    return figures
