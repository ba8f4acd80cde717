"""Close: the doors are shut behind the last transaction. What can be made ready before is made ready before."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.stop_the_world import form, gate, preparing, shutting
from cutover.postgres.stop_the_world.errors import NotReady
from cutover.postgres.stop_the_world.standing import Standing


def prepare(ctx: RunContext) -> dict[str, Any]:
    """Make everything ready that can be while clients work; :func:`close` does it where nobody has.

    :returns: ``{"made": whether there was anything to do}``.
    """
    ends = Ends.of(ctx)
    with form.alone(ctx, "prepare"), ends.open("blue", "prepare") as blue:
        return {"made": preparing.ready(ctx, ends, blue)}


def close(ctx: RunContext) -> dict[str, Any]:
    """Close the doors of the source; closed already, they stay so. A failure opens them again by itself.

    :returns: ``{"closed_at", "seconds", "ended": [sessions], "clients", "hooks": [...]}``; ``clients`` is ``hold``,
        ``refuse`` or ``fenced``; the downtime counts from ``closed_at``.
    :raises NotReady: the run is past that.
    :raises NotClosed, SessionsStay, HookFailed, RouterFailed: the doors are open, as if nothing had been.
    """
    ends = Ends.of(ctx)
    with form.alone(ctx, "close"):
        now = Standing.of(ctx, ends)
        if now.decided:
            raise NotReady(
                f"run {ctx.run_id!r} has opened its doors already.", fix="see its status; nothing is left to close."
            )
        if not now.closed:
            gate.refuse_unready(ends, "blue")
        with ends.open("blue", "prepare") as blue:
            preparing.ready(ctx, ends, blue)
        return shutting.shut(ctx, ends, "blue")


def require_closed(ctx: RunContext, ends: Ends) -> Standing:
    """:raises NotReady: the doors are open."""
    now = Standing.of(ctx, ends)
    if not now.closed:
        raise NotReady(
            f"run {ctx.run_id!r}: the doors are {'open again' if now.decided else 'open'}.", fix="close them first."
        )
    return now
