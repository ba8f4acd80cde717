"""The triggers that capture one shape's writes; from their COMMIT on no write escapes."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.postgres.dual_write.making import origins
from cutover.postgres.dual_write.names import EVENTS, Names
from cutover.postgres.dual_write.shape import Shape
from cutover.postgres.online import locks

OID = "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE (nspname, relname) = (%s, %s)"
MODE = "SHARE ROW EXCLUSIVE"


def arm(ctx: RunContext, db: Db, names: Names, shapes: Sequence[Shape]) -> None:
    """Create the triggers on every table that shapes are made from, all at once; there already, they stay.

    :raises LockNotHad: naming who keeps a table locked; nothing has changed.
    """
    tables = origins(shapes)
    if armed(db, names, shapes):
        return

    def work(wait_ms: int) -> None:
        locks.lock_all(db, [sql.Identifier(*table) for table in tables], wait_ms, MODE)
        for number, table in enumerate(tables, 1):
            _drop(db, names, table)
            db.execute(_triggers(names, number, table))

    locks.attempt(ctx, db, "capture", lambda: _oids(db, tables), work)


def disarm(ctx: RunContext, db: Db, names: Names, shapes: Sequence[Shape]) -> None:
    """Drop the triggers; idempotent.

    :raises LockNotHad: naming who keeps a table locked; nothing has changed.
    """
    tables = origins(shapes)

    def work(wait_ms: int) -> None:
        locks.lock_all(db, [sql.Identifier(*table) for table in tables], wait_ms, "ACCESS EXCLUSIVE")
        for table in tables:
            _drop(db, names, table)

    locks.attempt(ctx, db, "capture off", lambda: _oids(db, tables), work)


def armed(db: Db, names: Names, shapes: Sequence[Shape]) -> bool:
    """Whether every write is captured."""
    wanted = [names.trigger(event) for event in EVENTS]
    row = db.execute(
        "SELECT count(*) FROM pg_trigger WHERE tgrelid = ANY (%s) AND tgname = ANY (%s)",
        (_oids(db, origins(shapes)), wanted),
    ).fetchone()
    return bool(row and row[0] == len(wanted) * len(origins(shapes)))


def _triggers(names: Names, number: int, table: tuple[str, str]) -> sql.Composed:
    functions = {f"on_{event}": names.own(f"on_{event}", number) for event in EVENTS}
    triggers = {event: sql.Identifier(names.trigger(event)) for event in EVENTS}
    return sqlfiles.compose("dual_write/triggers", table=sql.Identifier(*table), **triggers, **functions)


def _drop(db: Db, names: Names, table: tuple[str, str]) -> None:
    for event in EVENTS:
        trigger = sql.Identifier(names.trigger(event))
        db.execute(sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(trigger, sql.Identifier(*table)))


def _oids(db: Db, tables: Sequence[tuple[str, str]]) -> list[int]:
    query = (
        "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE (nspname, relname) = (%s, %s)"
    )
    return [row[0] for table in tables for row in db.execute(query, table).fetchall()]
