"""What can be seen at once of tables that change in place."""

from __future__ import annotations

from cutover.context import Db, RunContext
from cutover.journal.check import Check
from cutover.postgres.dual_write.state import State
from cutover.postgres.in_place import following, renaming, tables


def names(ctx: RunContext, db: Db) -> list[Check]:
    """Whether each table that is renamed can be used under both names."""
    found = []
    for spec in renaming.renames(ctx):
        kinds = {renaming.kind(db, name) for name in (renaming.old(spec), renaming.new(spec))}
        both = kinds == {"r", "ours"}
        text = f"{spec.table_name} and {spec.rename} are the same rows" if both else "one of the two names is missing"
        found.append(Check("BOTH_NAMES", "both names", both, "error", text, {}, spec.qualified))
    return found


def follows(ctx: RunContext, db: Db, state: State) -> list[Check]:
    """Whether columns follow in the direction that the live side wants."""
    wanted = "back" if state.live == "new" else "forward"
    found = []
    for table in tables.look(ctx, db):
        way = following.way_of(db, state.number, table)
        right = way == wanted
        said = f"they follow {way}, not {wanted}" if way else "the trigger is missing or disabled"
        text = "every write is computed" if right else said
        found.append(Check("CAPTURE_ON", "the other columns follow", right, "error", text, {}, table.label))
    return found
