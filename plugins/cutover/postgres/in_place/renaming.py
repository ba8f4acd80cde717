"""A table under two names: a view stands for the one that it does not have.

The view is simple, so reads, INSERT, UPDATE, DELETE and ON CONFLICT go through it to the table; TRUNCATE and COPY FROM
do not. It is the reader's own rights that count behind it (``security_invoker``, from PostgreSQL 15 on).
"""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.online import locks
from cutover.spec.models import TableSpec

INVOKER = 150000


class NameTaken(CutoverError):
    """Something else has a name that the migration needs."""

    code = "DUA033"


def renames(ctx: RunContext) -> Iterator[TableSpec]:
    """Yield the tables of a run that get another name."""
    return (table for table in ctx.spec.tables if table.rename)


def old(spec: TableSpec) -> sql.Identifier:
    return sql.Identifier(spec.schema_name, spec.table_name)


def new(spec: TableSpec) -> sql.Identifier:
    return sql.Identifier(spec.schema_name, spec.rename or "")


def kind(db: Db, name: sql.Identifier) -> str | None:
    """Return what has a name: ``r`` a table, ``ours`` a view that stands for one, ...; None: nothing."""
    row = db.execute(sqlfiles.text("in_place/kind").encode(), {"name": name.as_string(None)}).fetchone()
    return str(row[0]) if row else None


def renamed(db: Db, spec: TableSpec) -> bool:
    """Whether the table has its new name."""
    return kind(db, new(spec)) == "r" and kind(db, old(spec)) == "ours"


def stand_in(db: Db, spec: TableSpec) -> None:
    """Let a view stand for the new name. Idempotent. :raises NameTaken: something else has it."""
    found = kind(db, new(spec))
    if found is None:
        with db.transaction():
            _view(db, old(spec), new(spec))
    elif found != "ours" and not renamed(db, spec):
        raise taken(spec)


def taken(spec: TableSpec) -> NameTaken:
    return NameTaken(
        f"{spec.schema_name}.{spec.rename} is there already, and is no view of {spec.qualified}.",
        fix="choose another name under rename:, or rename what has it.",
    )


def swap(ctx: RunContext, db: Db, spec: TableSpec, *, to_new: bool) -> None:
    """Give the table the other name, and let a view stand for the one that it had; in one short transaction.

    Whoever waits for the table's lock goes on with whichever of the two has the name then. Idempotent.

    :raises LockNotHad: naming who keeps it locked; nothing has changed.
    """
    now, then = (old(spec), new(spec)) if to_new else (new(spec), old(spec))
    if renamed(db, spec) is to_new:
        return
    oids = [row[0] for row in db.execute("SELECT to_regclass(%s)::oid", (now.as_string(None),)).fetchall()]

    def work(wait_ms: int) -> None:
        # The view first: that is the order in which a query that names it takes the locks.
        locks.lock_all(db, [then, now], wait_ms)
        db.execute(sql.SQL("DROP VIEW {}").format(then))
        name = sql.Identifier(spec.rename or "" if to_new else spec.table_name)
        db.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(now, name))
        _view(db, then, now)

    locks.attempt(ctx, db, f"renaming {spec.qualified}", lambda: oids, work)


def end(ctx: RunContext, db: Db, spec: TableSpec) -> None:
    """Drop the view, whichever name it has. Idempotent. :raises LockNotHad: naming who keeps it locked."""
    name = old(spec) if renamed(db, spec) else new(spec)
    if kind(db, name) != "ours":
        return

    def work(wait_ms: int) -> None:
        locks.lock_all(db, [name], wait_ms)
        db.execute(sql.SQL("DROP VIEW {}").format(name))

    locks.attempt(ctx, db, f"dropping the view {name.as_string(None)}", list, work)


def _view(db: Db, table: sql.Identifier, view: sql.Identifier) -> None:
    """Make a view of a table that everybody may use who may use the table."""
    option = " WITH (security_invoker = true)" if db.info.server_version >= INVOKER else ""
    create = sql.SQL("CREATE VIEW {} {} AS SELECT * FROM {}")
    db.execute(create.format(view, sql.SQL(option), table))
    query = sqlfiles.text("in_place/view_grants").encode()
    asked = {"table": table.as_string(None), "view": view.as_string(None)}
    for (statement,) in db.execute(query, asked).fetchall():
        db.execute(statement)
