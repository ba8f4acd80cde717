"""Build: the new tables, and the triggers that let them follow the old ones from now on."""

from __future__ import annotations

from typing import Any

import psycopg

from cutover import points
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.flags import Mode
from cutover.postgres.dual_write import constraints, fence, flagging, sides, state
from cutover.postgres.online import guard


class UpFailed(CutoverError):
    """The spec's ``schema: up`` does not run."""

    code = "DUA005"


def build(ctx: RunContext) -> dict[str, Any]:
    """Make the new side and let it follow; what is there already is left as it is.

    From here on every write to the old tables is derived before its COMMIT, or noted where the application writes
    both sides itself. A run whose applications write the new side already is left there.

    :returns: ``{"tables": [labels of the new tables]}``.
    """
    with guard.alone(ctx, "build") as db:
        state.prepare(db, ctx.run_id, ctx.journal.get_run(ctx.run_id).number)
        _up(ctx, db)
        points.reach("dual.build.up")
        both = sides.look(ctx, db)
        further = flagging.current(ctx).mode is Mode.NEW_ONLY
        if not further:
            sides.follow(ctx, db, both.forward, at_once=at_once(ctx))
        points.reach("dual.build.armed")
        if at_once(ctx) and not further:
            fence.raise_up(ctx, db, both.forward.names, both.forward.tables)
    return {"tables": [shape.label for shape in both.forward.shapes]}


def at_once(ctx: RunContext) -> bool:
    """Whether the database writes the new side in the application's own transaction; else the application does."""
    return ctx.spec.writer == "triggers"


def _up(ctx: RunContext, db: Db) -> None:
    if state.get(db, ctx.run_id).up_done or not ctx.spec.up_sql:
        return
    try:
        with db.transaction():
            db.execute("SET LOCAL search_path = public")
            db.execute(ctx.spec.up_sql.encode())
            constraints.detach(db, ctx.run_id, [(shape.schema_name, shape.table_name) for shape in ctx.spec.shapes])
            state.mark(db, ctx.run_id, up_done=True)
    except psycopg.Error as error:
        raise UpFailed(
            f"schema: up fails: {error.diag.message_primary or error}; all of it was undone.",
            fix="correct the file that schema: up: names.",
        ) from error
