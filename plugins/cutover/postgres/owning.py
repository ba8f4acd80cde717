"""Whose things are whose: objects are handed to their owners by a login that is no superuser, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.context import Db
from cutover.errors import CutoverError


class NotLetIn(CutoverError):
    """Owners may not make things where their things shall be."""

    code = "PGR001"


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who owns something in ``schema`` (a schema itself: None). ``granted``: and may make something there."""

    schema: str | None
    owner: str
    granted: bool


def look(db: Db) -> list[Owner]:
    """Return everybody who owns something in a schema of somebody else's, or a schema in a database of another's."""
    with db.cursor(row_factory=class_row(Owner)) as cursor:
        return cursor.execute(sqlfiles.text("dump/owners")).fetchall()  # type: ignore[arg-type]


@contextmanager
def let_in(db: Db, owners: Sequence[Owner], *, schemas: bool) -> Iterator[None]:
    """Let owners make things in schemas (or schemas in the database) until the block ends.

    A login that is no superuser can hand an object only to somebody who could have made it there.

    :raises NotLetIn: the login may not allow them to.
    """
    row = db.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    wanted = [] if row and row[0] else [owner for owner in owners if (owner.schema is not None) == schemas]
    there = {row[0] for row in db.execute("SELECT nspname FROM pg_namespace")}
    wanted = [owner for owner in wanted if owner.schema is None or owner.schema in there]
    for owner in wanted:
        _grant(db, sql.SQL("GRANT CREATE ON {} TO {}").format(_place(db, owner), sql.Identifier(owner.owner)))
    try:
        yield
    finally:
        for owner in wanted:
            if not owner.granted:
                db.execute(
                    sql.SQL("REVOKE CREATE ON {} FROM {}").format(_place(db, owner), sql.Identifier(owner.owner))
                )


def _grant(db: Db, statement: sql.Composed) -> None:
    try:
        db.execute(statement)
    except psycopg.errors.InsufficientPrivilege as error:
        database, user = sql.Identifier(db.info.dbname), sql.Identifier(db.info.user)
        raise NotLetIn(
            f"{db.info.user!r} may not let owners make things in {db.info.dbname!r}: {error.diag.message_primary}.",
            fix=f"{statement.as_string(db)}; or ALTER DATABASE {database.as_string(db)} OWNER TO {user.as_string(db)}",
        ) from error


def _place(db: Db, owner: Owner) -> sql.Composed:
    if owner.schema is None:
        return sql.SQL("DATABASE {}").format(sql.Identifier(db.info.dbname))
    return sql.SQL("SCHEMA {}").format(sql.Identifier(owner.schema))
