"""Status: where a run stands, read from the databases themselves."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres import maintenance
from cutover.postgres.blue_green import fence, state
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.stop_the_world import callers, form, gate
from cutover.routing import Place

SIDES = ("blue", "green")


def status(ctx: RunContext) -> dict[str, Any]:
    """Return ``{"form", "sides", "live", "doors", "closing_at", "downtime", "traffic"}``.

    ``doors`` is ``open``, ``closed`` or ``closing``; a side or a router that is away says why under ``error``. In
    place there is one side, ``blue``. ``traffic`` without a router: the sessions of each side only.
    """
    ends, sides, detail = Ends.of(ctx), dict[str, Any](), dict[str, Any]()
    traffic: dict[str, Any] = {}
    for side in SIDES[: 2 if form.across(ctx) else 1]:
        try:
            if side == "green" and not maintenance.there(ctx, ends.info("green"), "status"):
                sides[side] = {"phase": None, "live": False, "fence": False}
                continue
            with ends.open(side, "status") as db:  # type: ignore[arg-type]
                row = state.find(db, ctx.run_id)
                sides[side] = {
                    "phase": row.phase if row else None,
                    "live": bool(row and row.live),
                    "fence": fence.is_up(db, ends.names),
                }
                traffic[side] = {"sessions": len(callers.look(db))}
                detail |= row.detail if row else {}
        except CutoverError as error:
            sides[side] = {"error": error.what}
    live = [side for side, each in sides.items() if each.get("live")]
    return {
        "form": "across" if form.across(ctx) else "in place",
        "sides": sides,
        "live": live[0] if len(live) == 1 else None,
        "doors": _doors(sides, live, detail),
        "closing_at": detail.get("closing_at"),
        "downtime": detail.get("downtime"),
        "traffic": traffic | _router(ends),
    }


def _doors(sides: dict[str, Any], live: list[str], detail: dict[str, Any]) -> str:
    if not live and any(each.get("phase") for each in sides.values()):
        return "closed"
    return "closing" if detail.get("closing_at") and not detail.get("opened_at") else "open"


def _router(ends: Ends) -> dict[str, Any]:
    try:
        with gate.router(ends) as router:
            if router is None:
                return {"leads_to": None, "paused": None, "clients": None}
            place, clients = router.where(), router.traffic().clients
            sides = SIDES[: 2 if form.across(ends.ctx) else 1]
            led = [side for side in sides if Place.of(ends.info(side)) == place]  # type: ignore[arg-type]
            return {"leads_to": led[0] if led else str(place), "paused": router.closed(), "clients": clients}
    except CutoverError as error:
        return {"error": error.what}
