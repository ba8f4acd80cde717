"""The fence of the side that is not live: a write that forgets the flag is refused, not lost.

While both sides may be written to, in the moments in which the flag changes, neither has one: each write is derived.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.postgres.dual_write.arming import oids
from cutover.postgres.dual_write.names import Names
from cutover.postgres.online import locks

MODE = "SHARE ROW EXCLUSIVE"
EVENTS = "INSERT OR UPDATE OR DELETE OR TRUNCATE"
# Schema and name of each.
Tables = Sequence[tuple[str, str]]


def raise_up(ctx: RunContext, db: Db, names: Names, tables: Tables) -> None:
    """Let nobody write to ``tables`` but those who derive them; one table at a time. Idempotent.

    :raises LockNotHad: naming who keeps a table locked.
    """
    migration, owner = sql.SQL(ctx.spec.name), sql.Literal(_user(db))  # type: ignore[arg-type]  # a checked name
    function = names.own("fence")
    if tables:
        db.execute(sqlfiles.compose("dual_write/fence", function=function, migration=migration, owner=owner))
    create = f"CREATE TRIGGER {{}} BEFORE {EVENTS} ON {{}} FOR EACH STATEMENT EXECUTE FUNCTION {{}}()"
    for table in tables:
        if not is_up(db, names, [table]):
            where = sql.Identifier(*table)
            put_up = sql.SQL(create).format(_trigger(names), where, function)  # type: ignore[arg-type]
            always = sql.SQL("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}").format(where, _trigger(names))
            _one(ctx, db, table, "fence", MODE, [put_up, always])


def lower(ctx: RunContext, db: Db, names: Names, tables: Tables) -> None:
    """Let everybody write to ``tables`` again; one table at a time. Idempotent.

    :raises LockNotHad: naming who keeps a table locked.
    """
    for table in tables:
        if is_up(db, names, [table]):
            drop = sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(_trigger(names), sql.Identifier(*table))
            _one(ctx, db, table, "fence off", "ACCESS EXCLUSIVE", [drop])


def _one(
    ctx: RunContext, db: Db, table: tuple[str, str], what: str, mode: str, statements: Sequence[sql.Composed]
) -> None:
    def work(wait_ms: int) -> None:
        locks.lock_all(db, [sql.Identifier(*table)], wait_ms, mode)
        for statement in statements:
            db.execute(statement)

    locks.attempt(ctx, db, f"{what} on {'.'.join(table)}", lambda: oids(db, [table]), work)


def is_up(db: Db, names: Names, tables: Tables) -> bool:
    """Whether every table refuses foreign writes."""
    query = "SELECT FROM pg_trigger WHERE tgname = %s AND tgrelid = ANY (%s)"
    return db.execute(query, (names.plain("cutover_fence"), oids(db, tables))).rowcount == len(tables)


def _trigger(names: Names) -> sql.Identifier:
    return sql.Identifier(names.plain("cutover_fence"))


def _user(db: Db) -> str:
    row = db.execute("SELECT current_user").fetchone()
    assert row is not None
    return str(row[0])
