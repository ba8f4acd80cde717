"""What is in green: nothing but extensions before the run, and after a run that was taken back."""

from __future__ import annotations

from collections.abc import Sequence

from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.blue_green.names import SCHEMA
from cutover.postgres.contents import extensions, find

NAMED = 10


class GreenNotEmpty(CutoverError):
    """The database that shall become green has something in it already."""

    code = "BGR032"


def refuse_filled(ctx: RunContext, db: Db) -> None:
    """See that the database is empty; extensions may have been put there by somebody who may.

    :raises GreenNotEmpty: naming what is in it, and whose it is where that can be told.
    """
    label = ctx.target_info.label()
    other = _other_run(ctx, db)
    if other:
        raise GreenNotEmpty(
            f"green, {label}, belongs to run {other}.", fix=f"roll back or finalize run {other} before this one."
        )
    found = find(db, extensions(db))
    if found:
        names = ", ".join(f"{content.kind} {content.name}" for content in found[:NAMED])
        more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
        raise GreenNotEmpty(
            f"green, {label}, is not empty: {names}{more}.",
            fix="name an empty database in that connection, or one that does not exist yet: the run makes it.",
        )


def wipe(db: Db, keep: Sequence[str]) -> int:
    """Drop everything but our state and the extensions in ``keep``; returns how many statements that took.

    Each is a transaction of its own: a whole schema in one would run out of locks.
    """
    found = [content for content in find(db, keep) if content.statement]
    for content in found:
        db.execute(content.statement)  # type: ignore[arg-type]  # written by the server, names quoted
    return len(found)


def _other_run(ctx: RunContext, db: Db) -> str | None:
    there = db.execute("SELECT to_regclass(%s) IS NOT NULL", (f"{SCHEMA}.run",)).fetchone()
    if not (there and there[0]):
        return None
    row = db.execute("SELECT run_id FROM cutover_sync.run WHERE run_id <> %s LIMIT 1", (ctx.run_id,)).fetchone()
    return str(row[0]) if row else None
