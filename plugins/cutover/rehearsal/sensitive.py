"""What a copy must not have: masked columns and tables without rows, before anything else sees it."""

from __future__ import annotations

import psycopg
from psycopg import sql

from cutover.context import Db
from cutover.errors import CutoverError
from cutover.postgres.task import Task
from cutover.spec.models import Migration
from cutover.spec.names import split_table


class NotMasked(CutoverError):
    """Sensitive data could not be taken out of a copy, so the copy is not used."""

    code = "REH004"


def take_out(ctx: Task, db: Db, spec: Migration) -> dict[str, int]:
    """Empty the tables and mask the columns that the spec names; return rows masked by table.

    Values are written anew without triggers, and the tables are rewritten: the old values are in no page any more.

    :param db: a session in the copy, in autocommit mode, as the owner of the tables.
    :raises NotMasked: naming the table, and what the server said.
    """
    wishes = spec.rehearse
    if wishes.leave_out:
        tables = [sql.Identifier(*split_table(name)) for name in wishes.leave_out]
        _do(db, ", ".join(wishes.leave_out), sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(tables)))
    masked = {}
    for name, columns in wishes.mask.items():
        table = sql.Identifier(*split_table(name))
        masked[name] = _mask(db, name, table, columns)
        _do(db, name, sql.SQL("VACUUM (FULL, ANALYZE) {}").format(table))
        ctx.log.info("%s: %d rows masked (%s)", name, masked[name], ", ".join(columns))
    return masked


def _mask(db: Db, name: str, table: sql.Identifier, columns: dict[str, str]) -> int:
    # The spec's own SQL, checked when it was loaded: one expression over the row.
    sets = [sql.SQL("{} = ({})").format(sql.Identifier(c), sql.SQL(text)) for c, text in columns.items()]  # type: ignore[arg-type]
    with db.transaction():
        db.execute("SET LOCAL search_path = public, pg_catalog")
        _do(db, name, sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(table))
        rows = _do(db, name, sql.SQL("UPDATE {} SET {}").format(table, sql.SQL(", ").join(sets)))
        _do(db, name, sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(table))
    return rows


def _do(db: Db, name: str, statement: sql.Composed) -> int:
    try:
        return db.execute(statement).rowcount
    except psycopg.Error as error:
        said = error.diag.message_primary or str(error)
        hint = (
            error.diag.message_hint or error.diag.message_detail or "correct rehearse: mask and leave_out of its spec"
        )
        raise NotMasked(f"sensitive data of {name} cannot be taken out of the copy: {said}.", fix=hint) from error
