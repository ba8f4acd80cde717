"""Save: in place, the rollback point behind the closed doors, to which a rollback leads back without losing a row."""

from __future__ import annotations

from typing import Any

from cutover import points
from cutover.context import RunContext
from cutover.postgres.backup import Vault
from cutover.postgres.blue_green import state
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.stop_the_world import form, saving
from cutover.postgres.stop_the_world.steps.close import require_closed


def save(ctx: RunContext, vault: Vault | None = None) -> dict[str, Any]:
    """Take the rollback point; taken already, it stays.

    :returns: ``{"point", "bytes", "rows", "seconds", "megabytes_per_second"}``, or ``{"skipped": why}`` where another
        database takes over: the source itself is what a rollback leads back to.
    :raises NotReady: the doors are open. :raises NoVault: there is nowhere to keep it.
    """
    ends = Ends.of(ctx)
    with form.alone(ctx, "save"):
        now = require_closed(ctx, ends)
        if form.across(ctx):
            return {"skipped": "the source stays as it is: a rollback leads back to it"}
        if not now.detail.get("saved"):
            manifest = saving.keep(ctx, ends, "blue", saving.need(vault, "save"), "behind closed doors")
            points.reach("stw.save.taken")
            with ends.open("blue", "save") as db:
                state.put(db, ctx.run_id, saved=saving.figures(manifest))
                now = require_closed(ctx, ends)
    saved = {name: value for name, value in now.detail["saved"].items() if name != "tables"}
    return {**saved, "megabytes_per_second": round(saved["bytes"] / max(saved["seconds"], 1e-3) / 1e6, 1)}
