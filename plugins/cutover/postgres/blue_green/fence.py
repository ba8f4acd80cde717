"""The fence: the side that is not live refuses every write, whoever asks and whatever their session is set to.

It is a statement trigger on every table, made beforehand and switched off. Raising it is one transaction: lock all
tables against writers, switch all triggers on. Whoever had written before that has ended by then, and whoever comes
after it meets the trigger, also in a transaction with an old snapshot, because triggers are looked up when the lock is
had and not when the snapshot was taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.blue_green.names import Names
from cutover.postgres.online import locks

MODE = "SHARE ROW EXCLUSIVE"
EVENTS = "INSERT OR UPDATE OR DELETE OR TRUNCATE"
UP = frozenset({"O", "A"})


class Unfenced(CutoverError):
    """Some tables have no fence, so writes to them could not be kept out."""

    code = "BGR010"


@dataclass(frozen=True, slots=True)
class Fenced:
    """One table and its fence: ``mode`` is ``pg_trigger.tgenabled`` (``O`` on, ``A`` on and tight, ``D`` off), None
    without a trigger."""

    schema_name: str
    table_name: str
    table_oid: int
    mode: str | None

    @property
    def label(self) -> str:
        return f"{self.schema_name}.{self.table_name}"

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema_name, self.table_name)


def look(db: Db, names: Names) -> list[Fenced]:
    """Return every table of the database that can be written to."""
    with db.cursor(row_factory=class_row(Fenced)) as cursor:
        return cursor.execute(sqlfiles.text("blue_green/fence_state"), {"fence": names.fence}).fetchall()  # type: ignore[arg-type]


def is_up(db: Db, names: Names) -> bool:
    """Whether every table refuses writes."""
    found = look(db, names)
    return bool(found) and all(table.mode in UP for table in found)


def prepare(ctx: RunContext, db: Db, names: Names, *, up: bool, tight: bool = False, once: bool = False) -> int:
    """Put the fence on every table that has none yet, raised or not; return on how many.

    :param tight: it refuses those who apply changes, too: nobody is to write at all.
    :param once: a table whose lock cannot be had at once is left without.

    One table at a time, waiting briefly for its lock: on the live side nobody queues for long.

    :raises LockNotHad: naming who keeps a table locked.
    """
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(hashtextextended('cutover.sync.state', 0))")
        db.execute(sqlfiles.text("blue_green/refuse_write"))  # type: ignore[arg-type]
    bare = [table for table in look(db, names) if table.mode is None]
    return sum(_put_up(ctx, db, names, table, _how(up, tight), once=once) for table in bare)


def put(db: Db, names: Names, table: Fenced, *, tight: bool) -> None:
    """Put a raised fence on one table that has none, in the caller's transaction, which has its lock."""
    _create(db, names, table, _how(True, tight))


def _create(db: Db, names: Names, table: Fenced, how: str) -> None:
    db.execute(
        sql.SQL(
            "CREATE TRIGGER {} BEFORE " + EVENTS + " ON {} FOR EACH STATEMENT"
            " EXECUTE FUNCTION cutover_sync.refuse_write()"
        ).format(sql.Identifier(names.fence), table.identifier)
    )
    if how != "ENABLE":
        db.execute(_switch(names, table.identifier, how))


def _how(up: bool, tight: bool) -> str:
    return ("ENABLE ALWAYS" if tight else "ENABLE") if up else "DISABLE"


def _put_up(ctx: RunContext, db: Db, names: Names, table: Fenced, how: str, *, once: bool) -> bool:
    def work(wait_ms: int) -> None:
        locks.lock_all(db, [table.identifier], wait_ms, MODE)
        _create(db, names, table, how)

    if not once:
        locks.attempt(ctx, db, f"fence on {table.label}", lambda: [table.table_oid], work)
        return True
    try:
        with db.transaction():
            work(locks.patience(db, ctx).of(1))
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
        return False
    return True


def refuse_gaps(db: Db, names: Names) -> list[Fenced]:
    """Return all tables.

    :raises Unfenced: naming tables that were made after the fence was.
    """
    found = look(db, names)
    bare = [table.label for table in found if table.mode is None]
    if bare:
        raise Unfenced(
            f"{', '.join(bare[:8])}{' ...' if len(bare) > 8 else ''}: made after the run began, so neither fenced nor"
            " carried over.",
            fix="roll the run back and begin again, or drop these tables.",
        )
    return found


def raise_up(
    db: Db, names: Names, tables: Sequence[Fenced], wait_ms: int, *, backwards: bool = False, tight: bool = False
) -> None:
    """Wait for writers to end and let nobody write any more, in the caller's transaction.

    :param wait_ms: for the locks of all tables together; everybody who wants to write queues behind that wait.
    :param backwards: lock in the opposite order, see :func:`cutover.postgres.online.exchange.exchange`.
    :param tight: see :func:`prepare`.
    :raises psycopg.errors.LockNotAvailable: somebody's transaction is still open.
    """
    _switch_all(db, names, tables, wait_ms, _how(True, tight), backwards=backwards)


def lower(db: Db, names: Names, tables: Sequence[Fenced], wait_ms: int) -> None:
    """Let everybody write again once the caller's transaction has committed."""
    _switch_all(db, names, tables, wait_ms, "DISABLE", backwards=False)


def remove(ctx: RunContext, db: Db, names: Names) -> None:
    """Take the fence away, table by table."""
    for table in look(db, names):
        if table.mode is not None:
            _take_down(ctx, db, names, table)


def _take_down(ctx: RunContext, db: Db, names: Names, table: Fenced) -> None:
    def work(wait_ms: int) -> None:
        locks.lock_all(db, [table.identifier], wait_ms)
        db.execute(sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(sql.Identifier(names.fence), table.identifier))

    locks.attempt(ctx, db, f"fence off {table.label}", lambda: [table.table_oid], work)


def _switch_all(db: Db, names: Names, tables: Sequence[Fenced], wait_ms: int, how: str, *, backwards: bool) -> None:
    wanted = [table.identifier for table in tables]
    if not wanted:
        return
    locks.lock_all(db, wanted[::-1] if backwards else wanted, wait_ms, MODE)
    # All in one message: with a thousand tables the round trips would be most of the pause.
    db.execute(sql.SQL("; ").join(_switch(names, each, how) for each in wanted), prepare=False)


def _switch(names: Names, table: sql.Identifier, how: str) -> sql.Composed:
    return sql.SQL("ALTER TABLE ONLY {} {} TRIGGER {}").format(table, sql.SQL(how), sql.Identifier(names.fence))  # type: ignore[arg-type]
