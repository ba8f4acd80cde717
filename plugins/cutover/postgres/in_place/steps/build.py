"""Build: new columns that follow old ones from now on, and views for new names."""

from __future__ import annotations

from typing import Any

from cutover import points
from cutover.context import RunContext
from cutover.flags import Mode
from cutover.postgres.dual_write import flagging, state
from cutover.postgres.in_place import expanding, renaming
from cutover.postgres.online import guard


def build(ctx: RunContext) -> dict[str, Any]:
    """Expand every table; what is there already is left as it is.

    A run whose applications write the new side already is left there.

    :returns: ``{"tables": [labels]}``.
    :raises LockNotHad: naming who keeps a table locked.
    :raises NameTaken: something else has the new name of a table.
    """
    with guard.alone(ctx, "build") as db:
        number = ctx.journal.get_run(ctx.run_id).number
        state.prepare(db, ctx.run_id, number)
        further = flagging.current(ctx).mode is Mode.NEW_ONLY
        for place, spec in enumerate(ctx.spec.tables, 1):
            if spec.rename:
                renaming.stand_in(db, spec)
            elif not further:
                expanding.expand(ctx, db, number, spec, place)
            points.reach("in_place.build.table")
        state.mark(db, ctx.run_id, up_done=True)
    return {"tables": [spec.qualified for spec in ctx.spec.tables]}
