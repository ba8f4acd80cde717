"""Watch: the first minutes after the doors opened. Nothing has to follow; what is to be seen is who is served where."""

from __future__ import annotations

import time
from typing import Any

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.journal.check import Check
from cutover.postgres.blue_green import fence, outside, state
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.stop_the_world import form, gate
from cutover.postgres.stop_the_world.errors import NotReady
from cutover.postgres.stop_the_world.standing import Standing
from cutover.postgres.stop_the_world.steps.open import finish
from cutover.routing import Place

PAUSE = 1.0


def watch(ctx: RunContext) -> list[dict[str, Any]]:
    """Look for the spec's ``watch: duration`` and judge: traffic, fences, and the downtime against its budget.

    :returns: checks as dicts, which are in the journal as well.
    :raises NotReady: the doors are not open yet.
    """
    ends, until = Ends.of(ctx), time.monotonic() + ctx.spec.watch.duration.total_seconds()
    with form.alone(ctx, "watch"):
        now = Standing.of(ctx, ends)
        if not now.decided:
            raise NotReady(f"run {ctx.run_id!r} has not opened its doors.", fix="run the step open first.")
        while True:
            checks = [_traffic(ctx, ends), *_fences(ctx, ends), _downtime(now)]
            left = until - time.monotonic()
            if left <= 0 or any(check.blocks for check in checks):
                break
            ctx.cancel.wait(min(PAUSE, left))
    for check in checks:
        ctx.journal.record_check(ctx.run_id, check)
    return [check.as_dict() for check in checks]


def keep_in_step(ctx: RunContext) -> dict[str, Any]:
    """One look in the window: nothing has to follow, but an opening that died half way is brought to its end.

    :returns: ``{"live": the side that serves, "finished": whether something was left to do}``, or ``{"skipped": why}``.
    """
    ends = Ends.of(ctx)
    with form.alone(ctx, "keep-in-step", patience=5):
        now = Standing.of(ctx, ends)
        if not now.decided:
            return {"skipped": "the doors are closed" if now.closed else "the doors are open as before the run"}
        finished = not (now.done and now.done.detail.get("downtime"))
        if finished:
            finish(ctx, ends)
        return {"live": now.live, "finished": finished}


def _traffic(ctx: RunContext, ends: Ends) -> Check:
    side = form.new_side(ctx)
    if form.across(ctx) and ctx.spec.router:
        return outside.check(ctx, ends, side)
    try:
        with gate.router(ends) as router, ends.open(side, "outside") as db:
            sessions = outside.number(db, "sessions")
            if router is None:
                return Check("TRAFFIC", "traffic", True, "info", f"{sessions} sessions are connected")
            wrong = [what for what, bad in (("it leads elsewhere", router.where() != Place.of(ends.info(side))),
                                            ("clients are held or turned away", router.closed())) if bad]  # fmt: skip
            clients = router.traffic().clients
    except CutoverError as error:
        return Check("TRAFFIC", "traffic", False, "error", f"cannot be seen: {error.what}")
    text = "; ".join(wrong) or f"the router leads {clients} clients to the database"
    return Check("TRAFFIC", "traffic", not wrong, "error", text, {"clients": clients, "sessions": sessions})


def _fences(ctx: RunContext, ends: Ends) -> list[Check]:
    with ends.open(form.new_side(ctx), "watch") as db:
        closed = [table.label for table in fence.look(db, ends.names) if table.mode in fence.UP]
    text = f"{', '.join(closed[:5])} refuse writes" if closed else "every table takes writes"
    found = [Check("FENCE_DOWN", "fence of the live side", not closed, "error", text)]
    if form.across(ctx):
        with ends.open("blue", "watch") as db:
            side, up = state.find(db, ctx.run_id), fence.is_up(db, ends.names)
        text = "the old database refuses every write" if up else "the old database can be written to"
        found.append(Check("FENCE_UP", "fence of the old side", up and bool(side and not side.live), "error", text))
    return found


def _downtime(now: Standing) -> Check:
    figures = dict((now.done.detail if now.done else {}).get("downtime") or {})
    seconds, budget = figures.get("downtime_s"), figures.get("budget_s")
    if seconds is None:
        return Check("DOWNTIME", "downtime", True, "info", "not measured yet")
    ok = bool(figures["within_budget"])
    text = f"{seconds:g} s of at most {budget:g} s" + ("" if ok else ": more than was promised")
    return Check("DOWNTIME", "downtime", ok, "warning", text, figures)
