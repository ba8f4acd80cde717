"""Finalize: the window is over. Nothing follows any more, green is an ordinary database, blue is put away."""

from __future__ import annotations

from typing import Any

from cutover import points
from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres import maintenance
from cutover.postgres.backup import Store
from cutover.postgres.blue_green import archive, design, fence, fill, outside, state, way_back
from cutover.postgres.blue_green.clearance import NotReady
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SCHEMA
from cutover.postgres.blue_green.steps import both_ways
from cutover.postgres.blue_green.steps.cut_over import settle_attempt
from cutover.postgres.online import guard


class NoStore(CutoverError):
    """There is nowhere to keep the archive of the old database."""

    code = "BGR066"


def finalize(ctx: RunContext, old: str | None = None, *, store: Store | None = None) -> dict[str, Any]:
    """Close the window for good; safe to call again after it was interrupted anywhere.

    :param old: ``keep``, ``archive`` or ``drop`` for blue; by default as the spec says.
    :param store: where the archive goes; needed for ``archive``.
    :returns: ``{"blue": what became of it, "traffic": seen from the outside, "archive": {...}}``.
    :raises NotReady: green is not live; roll the run back instead.
    """
    wanted = require_store(ctx, old, store)
    ends = Ends.of(ctx)
    if not _blue_is_there(ctx, ends):
        return {"blue": "dropped", **_clean_green(ctx, ends)}
    with guard.alone(ctx, "finalize"):
        settle_attempt(ctx, ends)
        _refuse_unless_live(ctx, ends)
        figures: dict[str, Any] = {"traffic": outside.look(ctx, ends)}
        both_ways.close_down(ctx, ends)
        way_back.close_down(ctx, ends, "green")
        points.reach("bg.finalize.unfollowed")
        if wanted == "archive" and store:
            figures["archive"] = put_away(ctx, ends, store)
    if wanted == "drop":
        with maintenance.beside(ctx, ends.info("blue"), "finalize") as db:
            maintenance.drop(db, ends.info("blue").dbname)
    points.reach("bg.finalize.blue_done")
    return {
        **figures,
        "blue": {"keep": "kept", "archive": "archived", "drop": "dropped"}[wanted],
        **_clean_green(ctx, ends),
    }


def require_store(ctx: RunContext, old: str | None, store: Store | None) -> str:
    """Return what shall become of the old database.

    :raises NoStore: it is to be archived, and there is nowhere to keep that.
    """
    wanted = old or ctx.spec.rollback.old_database
    if wanted == "archive" and store is None:
        raise NoStore(
            "the old database is to be archived, and there is nowhere to keep the dump.",
            fix="name a folder (python -m cutover finalize <run> --archive-to FOLDER), finalize in Airflow, which keeps"
            " it in S3, or choose --old keep or --old drop.",
        )
    return wanted


def _blue_is_there(ctx: RunContext, ends: Ends) -> bool:
    with maintenance.beside(ctx, ends.info("blue"), "finalize") as db:
        return maintenance.exists(db, ends.info("blue").dbname)


def _refuse_unless_live(ctx: RunContext, ends: Ends) -> None:
    with ends.open("green", "finalize") as db:
        green = state.find(db, ctx.run_id)
    with ends.open("blue", "finalize") as db:
        blue = state.find(db, ctx.run_id)
    if (green and not green.live) or (blue and blue.live):
        raise NotReady(
            f"run {ctx.run_id!r} cannot be finalized: green is not live.",
            fix=f"roll it back: python -m cutover rollback {ctx.run_id}",
        )


def put_away(ctx: RunContext, ends: Ends, store: Store) -> dict[str, Any]:
    """Close the doors, take the fence down behind them, and keep what is left, without a trace of the run."""
    with ends.open("blue", "finalize") as db:
        blue = state.find(db, ctx.run_id)
        if blue is None:
            return {}  # it was put away before
        archive.close(ctx, db)
        fill.drop(db, ends.names, "blue", blue.tables)
        fence.remove(ctx, db, ends.names)
        points.reach("bg.finalize.closed")
        done = archive.dump(ctx, ends, store)
        state.forget(db, ctx.run_id)
    return done


def _clean_green(ctx: RunContext, ends: Ends) -> dict[str, Any]:
    """Leave nothing on green but what belongs there."""
    design.drop(ends)
    with ends.open("green", "finalize") as db:
        green = state.find(db, ctx.run_id)
        if green is None:
            return {"green": "clean"}
        fill.drop(db, ends.names, "green", green.tables)
        fence.remove(ctx, db, ends.names)
        state.forget(db, ctx.run_id)
        left = db.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", (SCHEMA,)).fetchone()
    return {"green": "clean" if left == (0,) else "clean, with the state of other runs"}
