"""Another database is filled: every row of the source, which nobody changes, then what comes after the rows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cutover import points
from cutover.context import Db, RunContext
from cutover.postgres import sessions
from cutover.postgres.blue_green import (
    carrying,
    chunks,
    design,
    fence,
    finishing,
    quiet,
    refresh,
    sequences,
    state,
    vacuum,
    wire,
)
from cutover.postgres.blue_green.copying import STEP
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.wanted import side_with
from cutover.postgres.stop_the_world import preparing


def fill(ctx: RunContext, ends: Ends) -> dict[str, Any]:
    """Fill green. Interrupted, it goes on: the rows from the beginning, indexes with what is missing.

    :returns: ``{"copy": {rows, bytes, seconds ...}, "index": {indexes, refreshed, sequences, analyzed, seconds}}``.
    :raises RowRefused: green does not take a row, and which.
    :raises IndexFailed: naming what cannot be made.
    """
    with ends.open("blue", "migrate") as blue:
        preparing.ready(ctx, ends, blue)
        with ends.open("green", "migrate", synchronous_commit="off") as green:
            copied = _rows(ctx, blue, green)
            points.reach("stw.migrate.copied")
            indexed = _after_the_rows(ctx, ends, blue, green)
    return {"copy": copied, "index": indexed}


@contextmanager
def _snapshot(ctx: RunContext) -> Iterator[str]:
    """Yield a snapshot of the source for as long as the block; all workers see the same rows, whoever else is there."""
    with ctx.source("copying-snapshot", idle_in_transaction_session_timeout="0") as db:
        db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = db.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None, "a SELECT without FROM has one row"
        yield str(row[0])


def _rows(ctx: RunContext, blue: Db, green: Db) -> dict[str, Any]:
    side = side_with(ctx, green, "built", "close")
    if side.at_least("copied"):
        return dict(side.detail["copy"])
    began = time.monotonic()
    there = [table for table in side.tables if table.on_green]
    known = chunks.sizes(blue, there)
    wanted = [table for table in there if table.label in known]
    carrying.clear(ctx, blue, green, wanted)
    wires = [found for found in wire.plan(blue, green, wanted) if found.columns]
    with _snapshot(ctx) as snapshot:
        points.reach("stw.migrate.snapshot")
        figures = carrying.rows(ctx, blue, wires, snapshot, began)
    points.reach("stw.migrate.rows")
    with green.transaction():
        # The rows were committed without waiting for the disk; this commit waits for all that came before it.
        green.execute("SET LOCAL synchronous_commit = on")
        state.put(green, ctx.run_id, copy=figures)
        state.set_phase(green, ctx.run_id, "copied")
    carrying.tell(ctx, figures)
    ctx.journal.sample(ctx.run_id, STEP, {k: v for k, v in figures.items() if k != "tables"})
    return figures


def _after_the_rows(ctx: RunContext, ends: Ends, blue: Db, green: Db) -> dict[str, Any]:
    side, began = side_with(ctx, green, "copied", "migrate"), time.monotonic()
    if side.at_least("indexed"):
        return dict(side.detail["index"])
    for step in ("restore", "dump", vacuum.STEP):
        sessions.end(ctx, green, step)
    again = bool(side.detail.get("indexing"))
    state.put(green, ctx.run_id, indexing=True)
    # First, so that nobody writes here until the doors open; and before event triggers that may come with the schema.
    fence.prepare(ctx, green, ends.names, up=True, tight=True)
    made = finishing.post_data(ctx, ends, blue, green, again=again)
    points.reach("stw.migrate.post_data")
    figures = {
        "indexes": made,
        "refreshed": refresh.run(ctx, blue, green),
        "sequences": carry_sequences(blue, green),
        "analyzed": finishing.analyze(ctx, green),
        "seconds": round(time.monotonic() - began, 3),
    }
    with design.opened(ends, "migrate") as wanted:
        quiet.end(green, wanted)
    points.reach("stw.migrate.analyzed")
    with green.transaction():
        green.execute("SET LOCAL synchronous_commit = on")
        state.put(green, ctx.run_id, index=figures)
        state.set_phase(green, ctx.run_id, "indexed")
    ctx.log.info("green is complete: %s", figures)
    return figures


def carry_sequences(blue: Db, green: Db) -> int:
    """Set green's sequences to what the source's say; returns how many."""
    return sequences.carry(blue, green, sequences.pair(sequences.gather(blue), sequences.gather(green)))
