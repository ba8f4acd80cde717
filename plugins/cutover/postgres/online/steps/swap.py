"""Swap: the cutover of the online strategy, in one process, in one transaction."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import psycopg

from cutover import points
from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.online import capture, exchange, guard, parts, state
from cutover.postgres.online.state import Table
from cutover.postgres.online.steps.catch_up import refuse_stuck


class NotReady(CutoverError):
    """The run has not come as far as the step needs."""

    code = "ONL050"


def swap(ctx: RunContext) -> dict[str, Any]:
    """Make the shadow tables live; once they are, a further call changes nothing.

    :returns: ``{"pause_ms", "attempts", "drained", "views_anew"}``, or ``{"already": True}``.
    :raises LockNotHad: nothing has changed.
    """
    try:
        with guard.alone(ctx, "swap") as db:
            return _swap(ctx, db)
    except psycopg.OperationalError:
        # The connection broke, perhaps between COMMIT and its answer: only the database knows what it did.
        ctx.log.warning("the connection broke during the swap; looking at what the database says")
        with guard.alone(ctx, "swap") as db:
            tables = state.tables(db, ctx.run_id)
            if tables and all(table.live == "shadow" for table in tables):
                return _done(ctx, {"already": True, "note": "the connection broke after COMMIT"})
        raise


def _swap(ctx: RunContext, db: psycopg.Connection[Any]) -> dict[str, Any]:
    tables = state.tables(db, ctx.run_id)
    if tables and all(table.live == "shadow" for table in tables):
        return _done(ctx, {"already": True})
    for table in tables:
        refuse_stuck(ctx, table)
    _ready(ctx, tables)
    _captured(db, tables)
    done = exchange.exchange(ctx, db, tables)
    points.reach("swap.committed")
    ctx.log.info("swapped after %s ms of pause (attempt %d)", done.pause_ms, done.attempts)
    return _done(ctx, asdict(done))


def _ready(ctx: RunContext, tables: list[Table]) -> None:
    late = [table.label for table in tables if not table.at_least("indexed")]
    if late or not tables:
        raise NotReady(
            f"run {ctx.run_id!r} is not ready for the swap: {', '.join(late) or 'no table was built'}.",
            fix="run the steps before it: build, backfill, index, catch_up, verify.",
        )


def _captured(db: psycopg.Connection[Any], tables: list[Table]) -> None:
    for table in tables:
        if not capture.at_work(db, parts.sides(table)[0]):
            raise NotReady(
                f"{table.label}: capture triggers are missing or disabled, so the new side lacks what is written now.",
                fix="find out who switched them off, then roll the run back and trigger it again: that loses nothing.",
            )


def _done(ctx: RunContext, figures: dict[str, Any]) -> dict[str, Any]:
    ctx.journal.mark_swapped(ctx.run_id, ctx.spec.rollback.window)
    return figures
