"""Contract: the old columns go, once nobody needs them any more."""

from __future__ import annotations

from psycopg import sql

from cutover.context import Db, RunContext
from cutover.postgres.in_place import following
from cutover.postgres.in_place.tables import Table
from cutover.postgres.online import locks


def contract(ctx: RunContext, db: Db, number: int, table: Table, *, drop: bool) -> list[str]:
    """Let nothing follow any more, and drop the columns under ``reverse``, or keep them, free of NOT NULL. Idempotent.

    :returns: their names.
    :raises LockNotHad: naming who keeps the table locked; nothing has changed.
    """
    left = [name for name in table.spec.reverse if name in table.columns]
    must = [name for name in left if table.columns[name].not_null and name not in table.key]
    todo, how = (left, "DROP COLUMN IF EXISTS {}") if drop else (must, "ALTER COLUMN {} DROP NOT NULL")
    changes = sql.SQL(", ").join(sql.SQL(how).format(sql.Identifier(name)) for name in todo)  # type: ignore[arg-type]

    def work(wait_ms: int) -> None:
        locks.lock_all(db, [table.name], wait_ms)
        following.take_down(db, number, table)
        if todo:
            db.execute(sql.SQL("ALTER TABLE {} {}").format(table.name, changes))

    locks.attempt(ctx, db, f"old columns of {table.label}", lambda: [table.oid], work)
    return left
