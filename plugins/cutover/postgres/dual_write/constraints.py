"""Foreign keys between new tables wait for the backfill: until then a row may come before the one that it refers to."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import psycopg
from psycopg import sql

from cutover import points, sqlfiles
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.online import locks


class NotConnected(CutoverError):
    """Rows of the new side refer to rows that are not there."""

    code = "DUA014"


def detach(db: Db, run_id: str, tables: Sequence[tuple[str, str]]) -> int:
    """Take away, and note, every foreign key that refers to a new table; in the transaction that has made them."""
    db.execute("SET LOCAL search_path = pg_catalog")  # with it, definitions name schemas
    found = db.execute(sqlfiles.text("dual_write/foreign_keys").encode(), {"tables": [_text(t) for t in tables]})
    keys = found.fetchall()
    for table, name, definition, refers_to in keys:
        db.execute(
            "INSERT INTO cutover_dual.foreign_key (run_id, table_name, name, definition, refers_to)"
            " VALUES (%s, %s, %s, %s, %s)",
            (run_id, table, name, definition, refers_to),
        )
        db.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(_table(table), sql.Identifier(name)))
    return len(keys)


def attach(ctx: RunContext, db: Db) -> int:
    """Put them back, and look at every row; what is there already stays. Returns how many.

    :raises NotConnected: naming the constraint; rows refer to rows that are not there.
    :raises LockNotHad: naming who keeps a table locked.
    """
    query = (
        "SELECT table_name, name, definition, refers_to FROM cutover_dual.foreign_key WHERE run_id = %s ORDER BY 1, 2"
    )
    keys = db.execute(query, (ctx.run_id,)).fetchall()
    for table, name, definition, refers_to in keys:
        _one(ctx, db, table, name, definition, refers_to)
        points.reach("dual.fill.attached")
        _validate(db, table, name)
    return len(keys)


def _one(ctx: RunContext, db: Db, table: str, name: str, definition: str, refers_to: str) -> None:
    """Not valid at first: that looks at no row, so writers wait for a moment only.

    Who writes both tables may lock them in either order, so attempts take turns.
    """
    query = "SELECT FROM pg_constraint WHERE conrelid = to_regclass(%s) AND conname = %s"
    oids = [row[0] for row in db.execute("SELECT unnest(%s::regclass[])::oid", ([table, refers_to],))]
    late = sql.SQL("" if definition.endswith("NOT VALID") else " NOT VALID")
    add = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(_table(table), sql.Identifier(name), _table(definition))
    orders = itertools.cycle([[refers_to, table], [table, refers_to]])

    def work(wait_ms: int) -> None:
        locks.lock_all(db, [_table(each) for each in next(orders)], wait_ms, "SHARE ROW EXCLUSIVE")
        db.execute(add + late)

    if not db.execute(query, (table, name)).rowcount:
        locks.attempt(ctx, db, f"constraint {name}", lambda: oids, work)


def _validate(db: Db, table: str, name: str) -> None:
    try:
        db.execute(sql.SQL("ALTER TABLE {} VALIDATE CONSTRAINT {}").format(_table(table), sql.Identifier(name)))
    except psycopg.errors.ForeignKeyViolation as error:
        raise NotConnected(
            f"{table}: the constraint {name} does not hold: {error.diag.message_detail or error}",
            fix="correct the shapes, so that every row that is referred to is there; or leave the constraint out.",
        ) from None


def _text(table: tuple[str, str]) -> str:
    return sql.Identifier(*table).as_string(None)


def _table(text: str) -> sql.SQL:
    return sql.SQL(text)  # type: ignore[arg-type]  # quoted by the server
