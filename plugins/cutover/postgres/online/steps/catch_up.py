"""Catch up: drain until the follower is in step, on the way there as on the way back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.online import drain, guard, rows, state, stuck
from cutover.postgres.online.state import Table

ENOUGH = 1000


class RowsRefused(CutoverError):
    """The shadow table refuses live rows, so it can never be in step."""

    code = "ONL032"


class NotCatchingUp(CutoverError):
    """The live table is written faster than the follower can be."""

    code = "ONL033"


def catch_up(ctx: RunContext) -> dict[str, Any]:
    """Drain all tables of the run until no more than a moment's worth of keys wait.

    :returns: ``{"drained": n, "pending": n, "seconds": s}``.
    :raises RowsRefused: before the swap, when the shadow refuses a row.
    :raises NotCatchingUp: the log does not get shorter.
    """
    began = time.monotonic()
    drained = pending = 0
    with guard.alone(ctx, "catch-up") as db:
        for table in state.tables(db, ctx.run_id):
            done, left = in_step(ctx, table)
            drained, pending = drained + done, pending + left
            if table.live == "original":
                refuse_stuck(ctx, table)
    return {"drained": drained, "pending": pending, "seconds": round(time.monotonic() - began, 3)}


def in_step(
    ctx: RunContext,
    table: Table,
    *,
    enough: int = ENOUGH,
    rounds: int = 50,
    tell: Callable[[int], None] = lambda _: None,
) -> tuple[int, int]:
    """Drain one table until at most ``enough`` entries wait; the caller is alone at the run.

    Not until none wait: while the application writes, there may be no such moment.

    :param tell: is told how many keys each batch settled.
    :returns: keys drained and entries left.
    """
    with ctx.source("drain", search_path=rows.path(table.names), synchronous_commit="off") as db:
        drained, left = 0, drain.pending(db, table)
        for _ in range(rounds):
            drained += drain.drain(db, table, check=ctx.cancel.check, tell=tell)
            left = drain.pending(db, table)
            ctx.log.info("%s: %d keys drained, %d wait", table.label, drained, left)
            if left <= enough:
                return drained, left
    raise NotCatchingUp(
        f"{table.label}: after {rounds} passes {left} touched keys still wait: writes come too fast.",
        fix="wait for a quieter hour, or take load off the table.",
    )


def refuse_stuck(ctx: RunContext, table: Table) -> None:
    """:raises RowsRefused: naming rows that the shadow does not take."""
    with ctx.source("drain") as db:
        count, some = stuck.rows(db, table, limit=3)
    if count:
        named = "; ".join(f"key {item['key']}: {item['error']}" for item in some)
        raise RowsRefused(
            f"{table.label}: the shadow table refuses {count} live rows: {named}.",
            fix="mend these rows, the expression in columns:, or the constraint in alter; the live table is untouched.",
        )


def keep_in_step(ctx: RunContext) -> dict[str, Any]:
    """Let the old side follow once more; skipped when another step of the run is at it.

    :returns: ``{"drained": n, "pending": n, "stuck": n}`` or ``{"skipped": reason}``.
    """
    figures = {"drained": 0, "pending": 0, "stuck": 0}
    try:
        with guard.alone(ctx, "keep-in-step", patience=0) as db:
            for table in state.tables(db, ctx.run_id):
                done, left = in_step(ctx, table)
                figures["drained"] += done
                figures["pending"] += left
                figures["stuck"] += stuck.rows(db, table)[0]
    except guard.Busy as busy:
        return {"skipped": busy.what}
    return figures
