"""The two frozen states of a cutover, compared: what was live then and what is live now, without a write in flight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import sql

from cutover.context import Db, RunContext
from cutover.postgres.blue_green.snapshots import Frozen
from cutover.postgres.blue_green.tables import TableMap


def compare(ctx: RunContext, tables: Sequence[TableMap], frozen: Frozen | None) -> dict[str, Any]:
    """Count every followed table in both snapshots.

    :returns: ``{"rows", "row_diff", "tables": {label: [blue, green]}}`` with the tables that differ.
    """
    if frozen is None or not frozen.ids:
        return {}
    rows, differing = 0, {}
    for table in (each for each in tables if each.followed and each.on_green and each.kind == "r"):
        ctx.cancel.check()
        blue, green = (_count(frozen.sessions[side], table) for side in ("blue", "green"))  # type: ignore[index]
        rows += blue
        if blue != green:
            differing[table.label] = [blue, green]
    frozen.let_go()
    return {"rows": rows, "row_diff": sum(abs(a - b) for a, b in differing.values()), "tables": differing}


def _count(db: Db, table: TableMap) -> int:
    row = db.execute(sql.SQL("SELECT count(*) FROM ONLY {}").format(table.identifier)).fetchone()
    assert row is not None, "an aggregate has one row"
    return int(row[0])
