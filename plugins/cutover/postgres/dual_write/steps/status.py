"""Status: where a run stands, as its database and the flag tell it."""

from __future__ import annotations

from typing import Any

from psycopg import sql

from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.dual_write import arming, flagging, sides, state


def status(ctx: RunContext) -> dict[str, Any]:
    """Return ``{"tables", "flag", "instances", "shadow"}``.

    ``tables``: of the new side, ``{"table", "phase", "live", "copied", "pending", "stuck"}``; ``copied`` is the
    planner's estimate, ``pending`` the noted keys that are not derived yet. A store of flags that is away says so under
    ``flag``.
    """
    with ctx.source("status") as db:
        found: dict[str, Any] = {"tables": []}
        if (known := state.find(db, ctx.run_id)) and (known.up_done or not ctx.spec.up_sql):
            found["tables"] = _tables(db, sides.look(ctx, db))
    return {**found, **flag_status(ctx)}


def _tables(db: Db, both: sides.Sides) -> list[dict[str, Any]]:
    side, live = both.forward, both.state.live
    follows = arming.armed(db, side.names, side.shapes)
    phase = "live" if live == "new" else "filled" if both.state.filled else "following" if follows else "made"
    rows = []
    for place, shape in enumerate(side.shapes, 1):
        waiting = _count(db, side.names.own("touched", place)) if follows else 0
        figures = {"copied": _estimate(db, shape.label), "pending": waiting, "stuck": 0}
        rows.append({"table": shape.label, "phase": phase, "live": live, **figures})
    return rows


def _count(db: Db, table: sql.Identifier) -> int:
    row = db.execute(sql.SQL("SELECT count(*) FROM {}").format(table)).fetchone()
    return int(row[0]) if row else 0


def _estimate(db: Db, label: str) -> int:
    row = db.execute(
        "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass(%s)", (label,)
    ).fetchone()
    return int(row[0]) if row else 0


def flag_status(ctx: RunContext) -> dict[str, Any]:
    """Return ``{"flag", "instances", "shadow"}``, as :func:`status` does."""
    try:
        return _flag(ctx)
    except CutoverError as error:
        return {"flag": {"error": error.what}, "instances": [], "shadow": []}


def _flag(ctx: RunContext) -> dict[str, Any]:
    store, flag = flagging.store(ctx), flagging.current(ctx)
    alive = [one for one in store.instances(ctx.spec.name) if one.alive]
    return {
        "flag": {
            "mode": str(flag.mode),
            "read_new": flag.read_new,
            "shadow": flag.shadow,
            "version": flag.version,
            "held_for": flag.held_for,
            "instances": len(alive),
            "waiting": [one.instance for one in alive if one.keeps_waiting(flag.version)],
        },
        "instances": [
            {"instance": one.instance, "application": one.application, "acknowledged": one.acknowledged}
            for one in alive
        ],
        "shadow": [
            {"what": one.what, "reads": one.reads, "mismatches": one.mismatches} for one in store.shadow(ctx.spec.name)
        ],
    }
