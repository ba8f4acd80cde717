"""Finalize: the window is over. Nothing follows any more; the old tables are archived or dropped."""

from __future__ import annotations

from typing import Any

from psycopg import sql

from cutover import points
from cutover.context import Db, RunContext
from cutover.flags import Mode
from cutover.postgres.dual_write import flagging, sides, state
from cutover.postgres.dual_write.steps.turn import NotReady
from cutover.postgres.online import guard


def finalize(ctx: RunContext, old_table: str | None = None) -> dict[str, Any]:
    """Close the rollback window; a second call finds nothing to do.

    The flag stays, and says ``new_only``: applications may go on asking for it.

    :param old_table: ``archive`` (by default): into a schema of their own; ``drop``.
    :returns: ``{"archived": [names], "dropped": [names]}``.
    :raises NotReady: applications do not write the new side only; roll it back instead.
    """
    with guard.alone(ctx, "finalize") as db:
        if state.find(db, ctx.run_id) is None:
            return {"archived": [], "dropped": []}
        refuse_unless_new_only(ctx)
        both = sides.look(ctx, db)
        sides.leave(ctx, db, both.back)
        sides.leave(ctx, db, both.forward)
        points.reach("dual.finalize.left")
        done = _old(db, both, old_table or "archive")
        state.forget(db, ctx.run_id)
    return done


def refuse_unless_new_only(ctx: RunContext) -> None:
    """See that every live instance writes the new side only.

    :raises NotReady: the flag does not say so. :raises NotAcknowledged: an instance does not work by it.
    """
    flag = flagging.current(ctx)
    if flag.mode is not Mode.NEW_ONLY:
        raise NotReady(
            f"run {ctx.run_id!r} cannot be finalized: its flag is {flag}.",
            fix=f"roll it back: python -m cutover rollback {ctx.run_id}",
        )
    flagging.await_acknowledged(ctx, flag)


def _old(db: Db, both: sides.Sides, wanted: str) -> dict[str, Any]:
    """All in one transaction: rows that refer to each other stay together."""
    tables = sorted({origin for shape in both.forward.shapes for origin in shape.origins})
    names = [".".join(table) for table in tables]
    there = [sql.Identifier(*table) for table in tables if _exists(db, table)]
    with db.transaction():
        if wanted == "drop" and there:
            db.execute(sql.SQL("DROP TABLE {}").format(sql.SQL(", ").join(there)))
        elif there:
            archive = sql.Identifier(f"cutover_old_{both.state.number}")
            db.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(archive))
            for table in there:
                db.execute(sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(table, archive))
    return {"archived": [] if wanted == "drop" else names, "dropped": names if wanted == "drop" else []}


def _exists(db: Db, table: tuple[str, str]) -> bool:
    row = db.execute("SELECT to_regclass(%s) IS NOT NULL", (sql.Identifier(*table).as_string(db),)).fetchone()
    return bool(row and row[0])
