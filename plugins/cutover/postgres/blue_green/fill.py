"""Columns that the other side lacks are computed as its rows arrive, by triggers that only the apply worker fires."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import psycopg
from psycopg import sql

from cutover import sqlfiles
from cutover.context import Db
from cutover.errors import CutoverError
from cutover.postgres.blue_green.names import Names, SideName, own
from cutover.postgres.blue_green.tables import TableMap
from cutover.postgres.online import locks

ATTEMPTS = 30


class NotComputed(CutoverError):
    """An expression of the spec does not work on the side where rows arrive."""

    code = "BGR025"


def expressions(table: TableMap, side: SideName) -> Mapping[str, str]:
    """Return what is computed on ``side`` for rows that follow: column -> expression over the row that arrives."""
    return table.forward if side == "green" else table.back


def path(table: TableMap) -> str:
    """The search path under which a spec's expressions are evaluated: the table's schema, then public."""
    schema = table.schema.replace('"', '""')
    return f'"{schema}", public'


def ensure(db: Db, names: Names, side: SideName, tables: Sequence[TableMap]) -> int:
    """Put a trigger on every table of ``side`` with computed columns; returns on how many.

    ``db`` is a session of ``side``. A table is locked against writers for a moment, one at a time, unless it has its
    trigger already.

    :raises NotComputed: an expression uses a column that ``side`` does not have, or fails otherwise.
    :raises LockNotHad: somebody keeps a table locked.
    """
    wanted = [table for table in tables if table.followed and table.on_green and expressions(table, side)]
    for table in wanted:
        _try(db, side, table)
        db.execute(_function(db, names, table, expressions(table, side)))
        if not _there(db, names, table):
            _patiently(db, table, "SHARE ROW EXCLUSIVE", partial(_put, db, names, table))
    return len(wanted)


def drop(db: Db, names: Names, side: SideName, tables: Sequence[TableMap]) -> None:
    """Take the triggers of ``side`` away, where they are."""
    for table in tables:
        if not expressions(table, side) or _oid(db, table) is None:
            continue
        if _there(db, names, table):
            _patiently(db, table, "ACCESS EXCLUSIVE", partial(_take, db, names, table))
        db.execute(sql.SQL("DROP FUNCTION IF EXISTS {}()").format(_named(db, names, table)))


def _put(db: Db, names: Names, table: TableMap) -> None:
    db.execute(
        sql.SQL(
            "CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();"
            " ALTER TABLE {table} ENABLE REPLICA TRIGGER {name}"
        ).format(name=sql.Identifier(names.fill), table=table.identifier, function=_named(db, names, table))
    )


def _take(db: Db, names: Names, table: TableMap) -> None:
    db.execute(sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(sql.Identifier(names.fill), table.identifier))


def _there(db: Db, names: Names, table: TableMap) -> bool:
    found = db.execute("SELECT FROM pg_trigger WHERE (tgrelid, tgname) = (%s, %s)", (_oid(db, table), names.fill))
    return found.rowcount > 0


def _patiently(db: Db, table: TableMap, mode: str, work: Callable[[], None]) -> None:
    """Run ``work`` under the table's lock; nobody queues behind it for longer than half a second."""
    for number in range(1, ATTEMPTS + 1):
        try:
            with db.transaction():
                locks.lock_all(db, [table.identifier], min(500, 100 + 50 * number), mode)
                return work()
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            time.sleep(min(2.0, 0.1 * 1.3**number) * random.uniform(0.7, 1.3))
    blockers = locks.named(locks.holders(db, [_oid(db, table) or 0]))
    raise locks.LockNotHad(
        f"trigger that computes columns of {table.label}: no lock in {ATTEMPTS} attempts; in the way: {blockers}.",
        fix="end the transactions named above (SELECT pg_terminate_backend(<pid>)), then run the step again.",
    )


def _named(db: Db, names: Names, table: TableMap) -> sql.Identifier:
    return own(f"fill_{names.number}_{_oid(db, table)}")


def _oid(db: Db, table: TableMap) -> int | None:
    row = db.execute(
        "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE (n.nspname, c.relname) = (%s, %s)",
        (table.schema, table.table),
    ).fetchone()
    return int(row[0]) if row else None


def _function(db: Db, names: Names, table: TableMap, wanted: Mapping[str, str]) -> sql.Composed:
    body = sqlfiles.compose(
        "blue_green/fill_body",
        values=_values(wanted),
        targets=sql.SQL(", ").join(sql.SQL("NEW.{}").format(sql.Identifier(column)) for column in wanted),
        alias=sql.Identifier(table.table),
    )
    return sql.SQL(
        "CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql SET search_path = {} AS {}"
    ).format(
        _named(db, names, table),
        sql.SQL(path(table)),  # type: ignore[arg-type]
        sql.Literal(body.as_string(db)),
    )


def _values(wanted: Mapping[str, str]) -> sql.Composed:
    # Each expression on lines of its own: it may end in a comment.
    return sql.SQL(", ").join(sql.SQL("(\n{}\n)").format(sql.SQL(text)) for text in wanted.values())  # type: ignore[arg-type]


def _try(db: Db, side: SideName, table: TableMap) -> None:
    """Plan the expressions over the table itself: what only the apply worker would find out comes too late."""
    for column, text in expressions(table, side).items():
        try:
            with db.transaction():
                db.execute(sql.SQL("SET LOCAL search_path = {}").format(sql.SQL(path(table))))  # type: ignore[arg-type]
                db.execute(sql.SQL("SELECT {} FROM {} LIMIT 0").format(_values({column: text}), table.identifier))
        except (psycopg.errors.ProgrammingError, psycopg.errors.DataError) as error:
            where = "columns" if side == "green" else "reverse"
            raise NotComputed(
                f"{table.label}: {where}: {column}: {error.diag.message_primary} on {side}, where rows that follow are"
                " computed.",
                fix=f"use only columns that {side} has as well; drop what it needs in a later migration.",
            ) from error
