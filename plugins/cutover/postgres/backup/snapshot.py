"""One snapshot of a database, held as long as something is read in it, with every table locked against being changed.

The locks come first and the snapshot after them, so that no table can be rewritten or truncated in between: what such a
command leaves is not what an older snapshot should have shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row, dict_row

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.context import Db
from cutover.errors import CutoverError
from cutover.postgres.task import Task

ATTEMPTS = 5
LOCKED_AT_ONCE = 200
WAIT = "30s"


class TablesLocked(CutoverError):
    """Somebody keeps tables from being read."""

    code = "BAK020"


class NotReadable(CutoverError):
    """The login may not read everything."""

    code = "BAK021"


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is dumped. ``rows`` is an estimate; ``bytes`` counts its TOAST, not its indexes."""

    oid: int
    schema: str
    name: str
    kind: str
    rows: int
    bytes: int

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)

    @property
    def label(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Held:
    """A snapshot that is held.

    :ivar id: for SET TRANSACTION SNAPSHOT, and for pg_dump's --snapshot. :ivar db: the session that holds it.
    :ivar tables: without partitioned ones, which hold no rows. :ivar about: see ``backup/database.sql``.
    :ivar sequences: where each was just after that moment.
    """

    info: ConnectionInfo
    db: Db
    id: str
    lsn: str
    at: datetime
    tables: Sequence[Table]
    about: Mapping[str, Any]
    sequences: Mapping[str, int | None]


@contextmanager
def hold(ctx: Task, info: ConnectionInfo, step: str) -> Iterator[Held]:
    """Lock all tables, take a snapshot and hold it for the block.

    :raises TablesLocked: naming who is in the way. :raises NotReadable: naming what the login lacks.
    """
    patient = {"idle_in_transaction_session_timeout": "0", "lock_timeout": WAIT}
    with ctx.open(info, f"{step}-snapshot", **patient) as db:  # type: ignore[arg-type]
        unhurried(db)
        for attempt in range(1, ATTEMPTS + 1):
            found = _take(ctx, db, info)
            if found:
                yield found
                return
            ctx.log.info("tables came and went while they were being locked (attempt %d)", attempt)
    raise TablesLocked(
        f"tables of {info.label()} come and go faster than they can be locked ({ATTEMPTS} attempts).",
        fix="wait for whatever makes and drops tables there, or stop it, then run the step again.",
    )


def unhurried(db: Db) -> None:
    """Let a transaction last as long as it takes; servers before 17 know no such limit."""
    if db.info.server_version >= 170000:
        db.execute("SET transaction_timeout = 0")


def _take(ctx: Task, db: Db, info: ConnectionInfo) -> Held | None:
    wanted = _tables(db, sized=False)
    db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    try:
        _lock(ctx, db, info, wanted)
        with db.cursor(row_factory=dict_row) as cursor:
            moment = cursor.execute(sqlfiles.text("backup/moment")).fetchone()  # type: ignore[arg-type]
            about = cursor.execute(sqlfiles.text("backup/database")).fetchone()  # type: ignore[arg-type]
        there = _tables(db, sized=True)
    except psycopg.errors.UndefinedTable:
        there = []
        moment = about = None
    if moment is None or about is None or {table.oid for table in there} != {table.oid for table in wanted}:
        db.execute("ROLLBACK")
        return None
    filled = [table for table in there if table.kind == "r"]
    return Held(info, db, moment["id"], moment["lsn"], moment["at"], filled, about, sequences(db))


def _tables(db: Db, *, sized: bool) -> list[Table]:
    with db.cursor(row_factory=class_row(Table)) as cursor:
        return cursor.execute(sqlfiles.text("backup/tables"), {"sized": sized}).fetchall()  # type: ignore[arg-type]


def sequences(db: Db) -> dict[str, int | None]:
    """Return where each sequence is just now."""
    rows = db.execute(sqlfiles.text("backup/sequences")).fetchall()  # type: ignore[arg-type]
    return {f"{schema}.{name}": value for schema, name, _, value in rows}


def _lock(ctx: Task, db: Db, info: ConnectionInfo, tables: Sequence[Table]) -> None:
    try:
        for first in range(0, len(tables), LOCKED_AT_ONCE):
            some = tables[first : first + LOCKED_AT_ONCE]
            names = sql.SQL(", ").join(sql.SQL("ONLY {}").format(table.identifier) for table in some)
            db.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(names))
    except psycopg.errors.LockNotAvailable as error:
        raise TablesLocked(
            f"tables of {info.label()} cannot be read: {blockers(ctx, info, some)}.",
            fix="SELECT pg_terminate_backend(<pid>), or wait for it, then run the step again.",
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        user = sql.Identifier(db.info.user).as_string(db)
        raise NotReadable(
            f"{db.info.user!r} may not read all of {info.label()}: {error.diag.message_primary}.",
            fix=f"GRANT pg_read_all_data TO {user}; and GRANT <owner> TO {user} where rows have policies.",
        ) from error


def blockers(ctx: Task, info: ConnectionInfo, tables: Sequence[Table]) -> str:
    """Name who has, or waits for, a lock that keeps these tables from being read."""
    with ctx.open(info, "look") as db:
        row = db.execute(sqlfiles.text("backup/blockers"), {"oids": [t.oid for t in tables]}).fetchone()  # type: ignore[arg-type]
    return row[0] if row and row[0] else "by now nobody is in the way"
