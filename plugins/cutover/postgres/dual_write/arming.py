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
    """Create the triggers on every table that shapes are made from; there already, they stay.

    One table at a time: whoever holds several locks would meet applications that take theirs in another order. A write
    that was captured on one table only is whole with the backfill, which comes after all of them.

    :raises LockNotHad: naming who keeps a table locked.
    """
    tables = origins(shapes)
    for number, table in enumerate(tables, 1):
        if not _armed(db, names, [table]):
            _one(ctx, db, table, "capture", MODE, names, _triggers(names, number, table))


def disarm(ctx: RunContext, db: Db, names: Names, shapes: Sequence[Shape]) -> None:
    """Drop the triggers; idempotent.

    :raises LockNotHad: naming who keeps a table locked.
    """
    for table in origins(shapes):
        if _any(db, names, table):
            _one(ctx, db, table, "capture off", "ACCESS EXCLUSIVE", names, None)


def armed(db: Db, names: Names, shapes: Sequence[Shape]) -> bool:
    """Whether every write is captured."""
    return _armed(db, names, origins(shapes))


def _one(
    ctx: RunContext,
    db: Db,
    table: tuple[str, str],
    what: str,
    mode: str,
    names: Names,
    create: sql.Composed | None,
) -> None:
    def work(wait_ms: int) -> None:
        locks.lock_all(db, [sql.Identifier(*table)], wait_ms, mode)
        _drop(db, names, table)
        if create is not None:
            db.execute(create)

    locks.attempt(ctx, db, f"{what} on {'.'.join(table)}", lambda: oids(db, [table]), work)


def _armed(db: Db, names: Names, tables: Sequence[tuple[str, str]]) -> bool:
    wanted = [names.trigger(event) for event in EVENTS]
    row = db.execute(
        "SELECT count(*) FROM pg_trigger WHERE tgrelid = ANY (%s) AND tgname = ANY (%s) AND tgenabled IN ('O', 'A')",
        (oids(db, tables), wanted),
    ).fetchone()
    return bool(row and row[0] == len(wanted) * len(tables))


def _any(db: Db, names: Names, table: tuple[str, str]) -> bool:
    wanted = [names.trigger(event) for event in EVENTS]
    query = "SELECT FROM pg_trigger WHERE tgrelid = ANY (%s) AND tgname = ANY (%s)"
    return db.execute(query, (oids(db, [table]), wanted)).rowcount > 0


def _triggers(names: Names, number: int, table: tuple[str, str]) -> sql.Composed:
    functions = {f"on_{event}": names.own(f"on_{event}", number) for event in EVENTS}
    triggers = {event: sql.Identifier(names.trigger(event)) for event in EVENTS}
    return sqlfiles.compose("dual_write/triggers", table=sql.Identifier(*table), **triggers, **functions)


def _drop(db: Db, names: Names, table: tuple[str, str]) -> None:
    for event in EVENTS:
        trigger = sql.Identifier(names.trigger(event))
        db.execute(sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(trigger, sql.Identifier(*table)))


def oids(db: Db, tables: Sequence[tuple[str, str]]) -> list[int]:
    """Return the tables' oids; of those that are there."""
    return [row[0] for table in tables for row in db.execute(OID, table).fetchall()]
