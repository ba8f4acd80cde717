"""Complete: indexes, NOT NULL and constraints, once there are values; nobody waits for longer than a moment."""

from __future__ import annotations

import psycopg
from psycopg import sql

from cutover import points, sqlfiles
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.in_place.expanding import path
from cutover.postgres.in_place.tables import Table
from cutover.postgres.online import locks
from cutover.spec import expanding
from cutover.spec.expanding import Later


class NotCompleted(CutoverError):
    """The values of new columns do not satisfy an index or a constraint."""

    code = "DUA037"


def complete(ctx: RunContext, db: Db, table: Table) -> list[str]:
    """Make what ``alter`` says besides columns; what is there already stays. Returns the names of what was made.

    :raises NotCompleted: naming the index or constraint, and a row.
    :raises LockNotHad: naming who keeps the table locked.
    """
    made = []
    for each in expanding.read(table.spec.alter_sql).later if table.spec.alter_sql else []:
        ctx.cancel.check()
        try:
            if _one(ctx, db, table, each):
                ctx.log.info("%s: %s is there", table.label, each.name)
                made.append(each.name)
        except psycopg.errors.IntegrityError as error:
            detail = f" {error.diag.message_detail}" if error.diag.message_detail else ""
            raise NotCompleted(
                f"{table.label}: {each.name} does not hold: {error.diag.message_primary}.{detail}",
                fix="correct the expressions under columns:, so that every row satisfies it, or leave it out of alter.",
            ) from error
        points.reach("in_place.complete.one")
    return made


def _one(ctx: RunContext, db: Db, table: Table, what: Later) -> bool:
    if what.kind == "not_null":
        return _not_null(ctx, db, table, what.name)
    if what.kind == "constraint":
        return _constraint(ctx, db, table, what.name, what.sql)
    if what.kind == "other":
        with db.transaction():
            db.execute(path(table.spec))
            db.execute(what.sql.encode())
        return False
    made = _index(db, table, what)
    if what.kind == "unique" and not _there(db, table, what.name):
        _locked(ctx, db, table, what.name, what.more)
    return made


def _index(db: Db, table: Table, what: Later) -> bool:
    if _there(db, table, what.name):
        return False
    row = db.execute(
        sqlfiles.text("in_place/index").encode(), {"schema": table.spec.schema_name, "name": what.name}
    ).fetchone()
    if row and row[0]:
        return False
    if row:  # an attempt that did not come to its end
        index = sql.Identifier(table.spec.schema_name, what.name)
        db.execute(sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(index))
    # Not in a transaction, so the path is the session's. It waits, as long as that takes, for whoever began before it;
    # nobody waits for it.
    db.execute(sql.SQL("SET search_path = {}, public").format(sql.Identifier(table.spec.schema_name)))
    try:
        db.execute("SET lock_timeout = 0")
        db.execute(what.sql.encode())
    finally:
        db.execute("RESET search_path")
        db.execute("RESET lock_timeout")
    return True


def _constraint(ctx: RunContext, db: Db, table: Table, name: str, statement: str) -> bool:
    made = not _there(db, table, name)
    if made:
        _locked(ctx, db, table, name, statement)
    points.reach("in_place.complete.not_valid")
    _validate(ctx, db, table, name)
    return made


def _not_null(ctx: RunContext, db: Db, table: Table, column: str) -> bool:
    """By way of a check that is validated first: SET NOT NULL then reads no row while everybody waits."""
    query = "SELECT attnotnull, attnum FROM pg_attribute WHERE attrelid = %s AND attname = %s"
    row = db.execute(query, (table.oid, column)).fetchone()
    if row is None or row[0]:
        return False
    check, named = f"cutover_not_null_{row[1]}", sql.Identifier(column)
    if not _there(db, table, check):
        add = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} CHECK ({} IS NOT NULL) NOT VALID")
        _locked(ctx, db, table, column, add.format(table.name, sql.Identifier(check), named).as_string(None))
    points.reach("in_place.complete.not_null")
    _validate(ctx, db, table, check)
    done = sql.SQL("ALTER TABLE {} ALTER COLUMN {} SET NOT NULL, DROP CONSTRAINT {}")
    _locked(ctx, db, table, column, done.format(table.name, named, sql.Identifier(check)).as_string(None))
    return True


def _validate(ctx: RunContext, db: Db, table: Table, name: str) -> None:
    constraint = sql.Identifier(name)
    try:
        db.execute(sql.SQL("ALTER TABLE {} VALIDATE CONSTRAINT {}").format(table.name, constraint))
    except psycopg.errors.IntegrityError:
        # It would go on refusing writes of applications that know nothing of it.
        drop = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(table.name, constraint)
        _locked(ctx, db, table, name, drop.as_string(None))
        raise


def _locked(ctx: RunContext, db: Db, table: Table, what: str, statement: str) -> None:
    def work(wait_ms: int) -> None:
        locks.lock_all(db, [table.name], wait_ms)
        db.execute(path(table.spec))
        db.execute(statement.encode())

    locks.attempt(ctx, db, f"{what} on {table.label}", lambda: [table.oid], work)


def _there(db: Db, table: Table, constraint: str) -> bool:
    query = "SELECT FROM pg_constraint WHERE conrelid = %s AND conname = %s"
    return bool(db.execute(query, (table.oid, constraint)).rowcount)
