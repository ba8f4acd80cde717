"""Status: where a run stands, as its database and the flag tell it."""

from __future__ import annotations

from typing import Any

from cutover.context import Db, RunContext
from cutover.postgres.dual_write import state
from cutover.postgres.dual_write.steps.status import flag_status
from cutover.postgres.in_place import following, renaming, tables
from cutover.postgres.online import catalog
from cutover.spec.models import TableSpec


def status(ctx: RunContext) -> dict[str, Any]:
    """Return ``{"tables", "flag", "instances", "shadow"}``.

    ``tables``: ``{"table", "phase", "live", "copied", "pending", "stuck"}``; ``copied`` is the planner's estimate. A
    store of flags that is away says so under ``flag``.
    """
    with ctx.source("status") as db:
        known = state.find(db, ctx.run_id)
        rows = _tables(ctx, db, known) if known and known.up_done else []
    return {"tables": rows, **flag_status(ctx)}


def _tables(ctx: RunContext, db: Db, known: state.State) -> list[dict[str, Any]]:
    rows = [_row(table.label, _phase(db, known, table), known, table.oid, db) for table in tables.look(ctx, db)]
    for spec in renaming.renames(ctx):
        oid = catalog.oid(db, spec.schema_name, _name(db, spec))
        rows.append(_row(spec.qualified, f"named {_name(db, spec)}", known, oid, db))
    return rows


def _row(label: str, phase: str, known: state.State, oid: int, db: Db) -> dict[str, Any]:
    copied = catalog.estimate(db, oid)
    return {"table": label, "phase": phase, "live": known.live, "copied": copied, "pending": 0, "stuck": 0}


def _phase(db: Db, known: state.State, table: tables.Table) -> str:
    if known.live == "new":
        return "live"
    if known.filled:
        return "filled"
    return "following" if following.way_of(db, known.number, table) else "made"


def _name(db: Db, spec: TableSpec) -> str:
    return (spec.rename or "") if renaming.renamed(db, spec) else spec.table_name
