"""Finalize: the window is over. Nothing follows any more; old columns and old names go, or stay."""

from __future__ import annotations

from typing import Any

from cutover import points
from cutover.context import RunContext
from cutover.postgres.dual_write import state
from cutover.postgres.dual_write.steps.finalize import refuse_unless_new_only
from cutover.postgres.in_place import contracting, renaming, tables
from cutover.postgres.online import guard


def finalize(ctx: RunContext, old_table: str | None = None) -> dict[str, Any]:
    """Close the rollback window; a second call finds nothing to do. The flag stays, and says ``new_only``.

    :param old_table: of old columns: ``archive`` leaves them there, free of NOT NULL; ``drop``; by default as the spec
        says for each table. The view that stands for a table's old name is dropped either way.
    :returns: ``{"archived": [columns], "dropped": [columns and names]}``.
    :raises NotReady: applications do not write the new side only; roll it back instead.
    """
    done: dict[str, Any] = {"archived": [], "dropped": []}
    with guard.alone(ctx, "finalize") as db:
        known = state.find(db, ctx.run_id)
        if known is None:
            return done
        refuse_unless_new_only(ctx)
        for table in tables.look(ctx, db):
            drop = (old_table or table.spec.old_table) == "drop"
            left = contracting.contract(ctx, db, known.number, table, drop=drop)
            points.reach("in_place.finalize.table")
            done["dropped" if drop else "archived"] += [f"{table.label}.{name}" for name in left]
        for spec in renaming.renames(ctx):
            renaming.end(ctx, db, spec)
            done["dropped"].append(spec.qualified)
        state.forget(db, ctx.run_id)
    return done
