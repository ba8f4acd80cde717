"""Finalize: the window is over. What the run has left is removed; an old database is put away as the spec says."""

from __future__ import annotations

from typing import Any

from cutover import points
from cutover.context import RunContext
from cutover.postgres import maintenance
from cutover.postgres.backup import Store
from cutover.postgres.blue_green import design, remove
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.steps.finalize import put_away, require_store
from cutover.postgres.stop_the_world import form
from cutover.postgres.stop_the_world.errors import NotReady
from cutover.postgres.stop_the_world.standing import Standing

DONE = {"keep": "kept", "archive": "archived", "drop": "dropped"}


def finalize(ctx: RunContext, old: str | None = None, *, store: Store | None = None) -> dict[str, Any]:
    """Close the window for good; safe to call again after it was interrupted anywhere.

    :param old: ``keep``, ``archive`` or ``drop`` for the old database; by default as the spec says. In place there is
        none: what is left are rollback points, for as long as they are kept.
    :param store: where the archive goes; needed for ``archive``.
    :returns: ``{"blue": what became of the old database, "green": "clean", "archive": {...}}``; in place ``{"blue":
        "clean"}``.
    :raises NotReady: the new state is not live; roll the run back instead.
    """
    ends = Ends.of(ctx)
    if not form.across(ctx):
        with form.alone(ctx, "finalize"):
            _refuse_unless_live(ctx, ends)
            remove.clean(ctx, ends, "blue")
        return {"blue": "clean"}
    wanted = require_store(ctx, old, store)
    with form.alone(ctx, "finalize"):
        if not maintenance.there(ctx, ends.info("blue"), "finalize"):
            return {"blue": "dropped", **_clean(ctx, ends)}
        _refuse_unless_live(ctx, ends)
        figures: dict[str, Any] = {}
        if wanted == "archive" and store:
            figures["archive"] = put_away(ctx, ends, store)
        if wanted == "drop":
            with maintenance.beside(ctx, ends.info("blue"), "finalize") as db:
                maintenance.drop(db, ends.info("blue").dbname)
        points.reach("stw.finalize.blue_done")
        return {**figures, "blue": DONE[wanted], **_clean(ctx, ends)}


def _refuse_unless_live(ctx: RunContext, ends: Ends) -> None:
    now = Standing.of(ctx, ends)
    there = now.green if now.across else now.blue
    if (there and not now.decided) or (now.across and now.blue and now.blue.live):
        raise NotReady(
            f"run {ctx.run_id!r} cannot be finalized: what it has migrated is not live.",
            fix=f"roll it back: python -m cutover rollback {ctx.run_id}",
        )


def _clean(ctx: RunContext, ends: Ends) -> dict[str, Any]:
    """Leave nothing on the live side but what belongs there."""
    design.drop(ends)
    remove.clean(ctx, ends, "green")
    return {"green": "clean"}
