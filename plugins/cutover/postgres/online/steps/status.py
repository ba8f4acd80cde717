"""Status: where each table of a run stands, read from the database itself."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.postgres.online import drain, slices, state, stuck


def status(ctx: RunContext) -> dict[str, Any]:
    """Return ``{"tables": [{"table", "phase", "live", "copied", "pending", "stuck", "examples"}]}``."""
    with ctx.source("status") as db:
        found = []
        for table in state.tables(db, ctx.run_id):
            count, some = stuck.rows(db, table, limit=5)
            found.append(
                {
                    "table": table.label,
                    "phase": table.phase,
                    "live": table.live,
                    "copied": slices.copied(db, table),
                    "pending": drain.pending(db, table),
                    "stuck": count,
                    "examples": some,
                }
            )
    return {"tables": found}
