"""Copy: the rows of one snapshot, in parallel, while blue is written to; what is written after it waits in the slot."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import psycopg

from cutover import points
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.blue_green import carrying, chunks, exported, slot, state, wire
from cutover.postgres.blue_green.copying import STEP
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.tables import TableMap
from cutover.postgres.blue_green.wanted import side_with
from cutover.postgres.online import guard


def copy(ctx: RunContext) -> dict[str, Any]:
    """Copy every table's rows into green. Interrupted, it begins again: with a new slot and empty tables.

    :returns: ``{"rows", "bytes", "seconds", "rows_per_second", "megabytes_per_second", "lsn", "tables": {label:
        rows}}``; the same again when it is done already.
    :raises RowRefused: green does not take a row, and which.
    :raises SlotNotMade: blue cannot make the slot.
    :raises SlotKeepsTooMuch: blue's disk would have been in danger.
    """
    ends = Ends.of(ctx)
    with guard.alone(ctx, STEP) as blue:
        with ends.open("green", STEP) as green:
            side = side_with(ctx, green, "built", "build")
            if side.at_least("copied"):
                return dict(side.detail["copy"])
            wanted = _wanted(blue, side.tables)
            carrying.clear(ctx, blue, green, wanted)
            slot.drop(blue, ends.names.flow("blue"))
            wires = [found for found in wire.plan(blue, green, wanted) if found.columns]
        name = ends.names.flow("blue")
        try:
            figures = _copy(ctx, blue, name, wires)
        except BaseException:
            _forget(ctx, blue, name)
            raise
        points.reach("bg.copy.done")
        with ends.open("green", STEP) as green, green.transaction():
            # The rows were committed without waiting for the disk; this commit waits for all that came before it.
            green.execute("SET LOCAL synchronous_commit = on")
            state.put(green, ctx.run_id, copy=figures)
            state.set_phase(green, ctx.run_id, "copied")
    carrying.tell(ctx, figures)
    return figures


def _forget(ctx: RunContext, blue: Db, name: str) -> None:
    """Drop the slot: nobody will follow from there, and it would keep WAL. What went wrong before is what counts."""
    try:
        slot.drop(blue, name)
    except (psycopg.Error, CutoverError) as error:
        ctx.log.warning("slot %s could not be dropped: %s", name, error)


def _wanted(blue: Db, tables: Sequence[TableMap]) -> list[TableMap]:
    """Tables whose rows go over: all that green has, but unlogged ones, which are empty after a crash as well."""
    there = [table for table in tables if table.on_green]
    known = chunks.sizes(blue, there)
    return [table for table in there if table.label in known and known[table.label].persistence == "p"]


def _copy(ctx: RunContext, blue: Db, name: str, wires: Sequence[wire.Wire]) -> dict[str, Any]:
    began = time.monotonic()
    with exported.export(ctx, blue, name) as seen:
        points.reach("bg.copy.slot")
        ctx.log.info("slot %s begins at %s; copying %d tables", name, seen.lsn, len(wires))
        return {**carrying.rows(ctx, blue, wires, seen.snapshot, began), "lsn": seen.lsn}
