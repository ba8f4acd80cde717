"""Status: where a run stands, read from the databases themselves."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.blue_green import fence, outside, state
from cutover.postgres.blue_green.ends import Ends


def status(ctx: RunContext) -> dict[str, Any]:
    """Return ``{"sides": {"blue": {...}, "green": {...}}, "live", "traffic"}``; a side that is away says why."""
    ends = Ends.of(ctx)
    sides: dict[str, Any] = {}
    for side in ("blue", "green"):
        try:
            with ends.open(side, "status") as db:  # type: ignore[arg-type]
                row = state.find(db, ctx.run_id)
                up = fence.is_up(db, ends.names)
        except CutoverError as error:
            sides[side] = {"error": error.what}
            continue
        sides[side] = {"phase": row.phase if row else None, "live": bool(row and row.live), "fence": up}
    live = [side for side, each in sides.items() if each.get("live")]
    try:
        traffic: dict[str, Any] = outside.look(ctx, ends)
    except CutoverError as error:
        traffic = {"error": error.what}
    return {"sides": sides, "live": live[0] if len(live) == 1 else None, "traffic": traffic}
