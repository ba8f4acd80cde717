"""Open: the new state takes writes, which is the decision; the router leads there, a client is seen being served."""

from __future__ import annotations

from typing import Any

from cutover import hooks, points
from cutover.context import Db, RunContext
from cutover.postgres.blue_green import state
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.stop_the_world import clock, doors, filling, form, gate, written
from cutover.postgres.stop_the_world.clock import Moment
from cutover.postgres.stop_the_world.doors import Attempt
from cutover.postgres.stop_the_world.errors import NotReady
from cutover.postgres.stop_the_world.shutting import KIND
from cutover.postgres.stop_the_world.standing import Standing


def open_doors(ctx: RunContext) -> dict[str, Any]:
    """Let clients in to the new state; decided already, it sees to what comes after that.

    :returns: ``{"downtime_s", "budget_s", "within_budget", "served", "opened_at", "hooks"}``; ``served``: a client was
        seen being served, otherwise the downtime ends when the doors were open.
    :raises NotReady: nothing was migrated, or the doors are open to the old state.
    :raises HookFailed: a hook of ``opening`` failed; the doors are closed still.
    """
    ends = Ends.of(ctx)
    with form.alone(ctx, "open"):
        now = Standing.of(ctx, ends)
        if not now.decided:
            _refuse_unready(ctx, now)
            done = hooks.run(ctx, "opening")
            _decide(ctx, ends)
        else:
            done = []
        points.reach("stw.open.decided")
        figures = finish(ctx, ends)
        return {**figures, "hooks": [*done, *hooks.run(ctx, "opened", figures)]}


def finish(ctx: RunContext, ends: Ends) -> dict[str, Any]:
    """Do what follows the decision, as far as it is not done: clients are led in, and the downtime is written down."""
    side = form.new_side(ctx)
    led = gate.lead(ctx, ends, side)
    points.reach("stw.open.led")
    with ends.open(side, "open") as db, ends.open("blue", "open") as blue:
        known = state.find(db, ctx.run_id)
        assert known is not None, "it was decided there"
        if known.detail.get("downtime"):
            return dict(known.detail["downtime"])
        seconds = Moment.of(blue).since(str(known.detail["closing_at"])) - led.ago()
        figures = {**clock.figures(ctx, seconds, seen=led.seen), "opened_at": known.detail["opened_at"]}
        # Going back closes the doors anew, and that downtime begins then.
        state.put(db, ctx.run_id, downtime=figures, closing_at=None)
    ctx.journal.mark_swapped(ctx.run_id, ctx.spec.rollback.window)
    over = "" if figures["within_budget"] else f", more than the {figures['budget_s']:g} s that were promised"
    text = f"the doors are open after {figures['downtime_s']} s of downtime{over}"
    ctx.journal.event(ctx.run_id, KIND, text, data=figures)
    ctx.log.info("%s", text)
    return figures


def _refuse_unready(ctx: RunContext, now: Standing) -> None:
    if not now.migrated or not now.closed:
        what = "its doors are open to the old state" if not now.closed else "nothing was migrated"
        raise NotReady(f"run {ctx.run_id!r} cannot open its doors: {what}.", fix="run close, migrate and verify first.")


def _decide(ctx: RunContext, ends: Ends) -> None:
    side, me = form.new_side(ctx), Attempt.of(ctx)
    with ends.open("blue", "open") as blue, ends.open(side, "open") as db:
        doors.seize(db, me)
        if side != "blue" and doors.seize(blue, me):
            raise NotReady(f"run {ctx.run_id!r}: the source takes writes again.", fix="roll the run back.")
        old = state.find(blue, ctx.run_id)
        assert old is not None, "it was just looked at"
        # Across, sequences are what direct sessions could still move: they are carried in the very transaction.
        doors.give(
            ctx,
            db,
            ends,
            me,
            (lambda: _carry(blue, db)) if side != "blue" else (lambda: None),
            closing_at=old.detail["closing_at"],
            opened_at=Moment.of(blue).at.isoformat(),
            counted=written.remember(db),
        )


def _carry(blue: Db, green: Db) -> None:
    filling.carry_sequences(blue, green)
    points.reach("stw.open.deciding")
