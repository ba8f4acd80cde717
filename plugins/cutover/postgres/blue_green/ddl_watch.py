"""DDL on the live side: replication carries no such statement, so what was changed there is missing on the other side.

The side's schema is remembered when the other one is made from it, and compared with what it is now.
"""

from __future__ import annotations

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres import schema_facts
from cutover.postgres.schema_facts import Facts

KIND = "ddl"
SHOWN = 5


class NothingRemembered(CutoverError):
    """Nobody wrote down what the schema was, so nobody can tell whether it has changed."""

    code = "BGR042"


class SchemaChanged(CutoverError):
    """The live side's schema was changed during the run, and the other side does not know of it."""

    code = "BGR045"


def remember(ctx: RunContext, db: Db) -> int:
    """Write down the schema of the side that ``db`` is a session of, over what was written down before.

    To be called just before the schema is read (dumped): what changes in between is then noticed rather than missed.

    :returns: the number of facts. The run's row must be there (``state.add``).
    """
    found = schema_facts.gather(db)
    with db.transaction(), db.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('cutover.sync.state', 0))")
        cursor.execute(sqlfiles.text("blue_green/fact_table"))  # type: ignore[arg-type]
        cursor.execute("DELETE FROM cutover_sync.fact WHERE run_id = %s", (ctx.run_id,))
        with cursor.copy("COPY cutover_sync.fact (run_id, kind, name, fact) FROM STDIN") as copy:
            for (kind, name), fact in found.items():
                copy.write_row((ctx.run_id, kind, name, fact))
    return len(found)


def remembered(ctx: RunContext, db: Db) -> Facts | None:
    """Return what was written down; ``None`` where nothing was."""
    there = db.execute("SELECT to_regclass('cutover_sync.fact') IS NOT NULL").fetchone()
    if not (there and there[0]):
        return None
    rows = db.execute("SELECT kind, name, fact FROM cutover_sync.fact WHERE run_id = %s", (ctx.run_id,))
    return {(kind, name): fact for kind, name, fact in rows} or None


def changes(ctx: RunContext, db: Db) -> list[str]:
    """Name what has changed on this side since :func:`remember`, one line each; empty when nothing has.

    An index that is still being built, or could not be, counts neither before nor after.

    :raises NothingRemembered: it was never called for this run here.
    """
    before = remembered(ctx, db)
    if before is None:
        raise NothingRemembered(
            f"run {ctx.run_id!r}: the schema of database {db.info.dbname!r} was not written down, so changes to it"
            " cannot be told.",
            fix="roll the run back and begin again.",
        )
    return schema_facts.differences(_valid(before), _valid(schema_facts.gather(db)))


def refuse_changes(ctx: RunContext, db: Db) -> None:
    """:raises SchemaChanged: naming what has changed on this side since :func:`remember`."""
    found = changes(ctx, db)
    if found:
        more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise SchemaChanged(
            f"the schema of database {db.info.dbname!r} was changed during run {ctx.run_id!r}:"
            f" {'; '.join(found[:SHOWN])}{more}.",
            fix="undo the change there, or roll the run back and begin again: the other side lacks it.",
        )


def notice(ctx: RunContext, db: Db, side: str) -> list[str]:
    """Like :func:`changes`, and tell the journal of those that it has not been told of; a new side is remembered."""
    if remembered(ctx, db) is None:
        remember(ctx, db)
        return []
    found = changes(ctx, db)
    told = {event.text for event in ctx.journal.events(ctx.run_id, kind=KIND)} if found else set()
    for change in found:
        text = f"the schema of {side} has changed: {change}"
        if text not in told:
            ctx.log.warning("%s", text)
            ctx.journal.event(ctx.run_id, KIND, text)
    return found


def _valid(found: Facts) -> Facts:
    return {key: fact for key, fact in found.items() if not fact.endswith(schema_facts.INVALID)}
