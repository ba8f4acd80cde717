"""Expand: the new columns, without anything that looks at rows, and the trigger that fills them from then on."""

from __future__ import annotations

from psycopg import sql

from cutover.context import Db, RunContext
from cutover.postgres.in_place import following, tables
from cutover.postgres.in_place.tables import Table
from cutover.postgres.online import catalog, locks
from cutover.spec import expanding
from cutover.spec.models import TableSpec


def expand(ctx: RunContext, db: Db, number: int, spec: TableSpec, place: int) -> None:
    """Add what a table lacks, in one short transaction; a table that has it already is only seen to follow.

    :raises LockNotHad: naming who keeps the table locked; nothing has changed.
    """
    oid = catalog.oid(db, spec.schema_name, spec.table_name)
    name = sql.Identifier(spec.schema_name, spec.table_name)
    there = tables.columns(db, oid)
    steps = expanding.read(spec.alter_sql) if spec.alter_sql else expanding.Expansion()

    def work(wait_ms: int) -> None:
        locks.lock_all(db, [name], wait_ms)
        db.execute(path(spec))
        for column, statement in zip(steps.columns, steps.first, strict=True):
            if column not in there:
                db.execute(statement.encode())
        table = tables.table_of(db, spec, place, oid)
        following.define(ctx, db, number, table, "forward")
        following.put_up(db, number, table)

    locks.attempt(ctx, db, f"new columns of {spec.qualified}", lambda: [oid], work)


def path(spec: TableSpec, *before: str) -> sql.Composed:
    """The search path under which a table's ``alter`` speaks of it without a schema."""
    names = map(sql.Identifier, [*before, *dict.fromkeys([spec.schema_name, "public"])])
    return sql.SQL("SET LOCAL search_path = {}").format(sql.SQL(", ").join(names))


def undo(ctx: RunContext, db: Db, number: int, table: Table) -> None:
    """Drop what ``expand`` and ``complete`` have added; indexes and constraints of new columns go with them.

    :raises LockNotHad: naming who keeps the table locked; nothing has changed.
    """
    spec = table.spec
    steps = expanding.read(spec.alter_sql) if spec.alter_sql else expanding.Expansion()

    def work(wait_ms: int) -> None:
        locks.lock_all(db, [table.name], wait_ms)
        following.take_down(db, number, table)
        for each in steps.later:
            if each.kind in ("constraint", "unique"):
                drop = sql.SQL("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}")
                db.execute(drop.format(table.name, sql.Identifier(each.name)))
            if each.kind in ("index", "unique"):
                db.execute(sql.SQL("DROP INDEX IF EXISTS {}").format(sql.Identifier(spec.schema_name, each.name)))
        for column in steps.columns:
            db.execute(sql.SQL("ALTER TABLE {} DROP COLUMN IF EXISTS {}").format(table.name, sql.Identifier(column)))

    locks.attempt(ctx, db, f"removing new columns of {table.label}", lambda: [table.oid], work)


def release(ctx: RunContext, db: Db, number: int, table: Table) -> None:
    """Leave new columns there, and let a row be without them. Idempotent.

    :raises LockNotHad: naming who keeps the table locked; nothing has changed.
    """
    must = [name for name in table.spec.columns if name in table.columns and table.columns[name].not_null]

    def work(wait_ms: int) -> None:
        locks.lock_all(db, [table.name], wait_ms)
        following.take_down(db, number, table)
        for name in must:
            free = sql.SQL("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL")
            db.execute(free.format(table.name, sql.Identifier(name)))

    locks.attempt(ctx, db, f"new columns of {table.label}", lambda: [table.oid], work)
