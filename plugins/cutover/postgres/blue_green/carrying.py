"""All rows of one snapshot of blue, carried into the empty tables of green."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import sql

from cutover.context import Db, RunContext
from cutover.postgres import sessions
from cutover.postgres.blue_green import chunks, wire
from cutover.postgres.blue_green.copying import SESSIONS, STEP, Copier, speed
from cutover.postgres.blue_green.tables import TableMap
from cutover.postgres.online.meter import Meter

TABLES_AT_ONCE = 200


def clear(ctx: RunContext, blue: Db, green: Db, tables: Sequence[TableMap]) -> None:
    """Take away what an earlier attempt has left: its sessions, its rows."""
    for db in (blue, green):
        sessions.end(ctx, db, SESSIONS)
    for first in range(0, len(tables), TABLES_AT_ONCE):
        names = sql.SQL(", ").join(table.identifier for table in tables[first : first + TABLES_AT_ONCE])
        green.execute(sql.SQL("TRUNCATE {}").format(names))


def rows(ctx: RunContext, blue: Db, wires: Sequence[wire.Wire], snapshot: str, began: float) -> dict[str, Any]:
    """Carry them, in parallel.

    :param snapshot: exported on blue, and held by whoever calls. :param began: by ``time.monotonic``.
    :returns: ``{"rows", "bytes", "seconds", "rows_per_second", "megabytes_per_second", "tables": {label: rows}}``.
    :raises RowRefused: green does not take a row, and which.
    """
    known = chunks.sizes(blue, [found.table for found in wires])
    meters = {label: Meter(ctx, STEP, label, size.rows) for label, size in known.items()}
    total = Meter(ctx, STEP, "total", sum(size.rows for size in known.values()))
    row = blue.execute("SHOW server_encoding").fetchone()
    copier = Copier(ctx, snapshot, str(row[0]) if row else "UTF8", meters, total)
    copier.run(chunks.plan(wires, known, ctx.spec.backfill.workers), blue)
    total.finish(sum(moved.rows for moved in copier.moved.values()))
    tables = {label: moved.rows for label, moved in sorted(copier.moved.items())}
    return {**speed(copier.moved, began), "tables": tables}


def tell(ctx: RunContext, figures: dict[str, Any]) -> None:
    """Say how much it was, and how fast."""
    ctx.log.info(
        "copied %s rows, %.1f MB in %.1f s: %s rows/s, %s MB/s",
        figures["rows"],
        figures["bytes"] / 1e6,
        figures["seconds"],
        figures["rows_per_second"],
        figures["megabytes_per_second"],
    )
