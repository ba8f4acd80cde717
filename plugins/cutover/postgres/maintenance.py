"""Databases as a whole: looked for, made and dropped from their server's maintenance database."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.context import Db
from cutover.errors import CutoverError
from cutover.postgres.task import Task

MAINTENANCE = "postgres"
PROVIDERS = {"c": "libc", "i": "icu", "b": "builtin"}


class DatabaseNotMade(CutoverError):
    """A database could not be made on its server."""

    code = "BGR029"


class DatabaseNotDropped(CutoverError):
    """A database that the run had made could not be dropped."""

    code = "BGR030"


@contextmanager
def beside(ctx: Task, info: ConnectionInfo, step: str) -> Iterator[Db]:
    """Open a session in the maintenance database of the server that ``info`` is on."""
    with ctx.open(replace(info, dbname=MAINTENANCE), step) as db:
        yield db


def exists(db: Db, name: str) -> bool:
    """Whether the server of ``db`` has a database ``name``."""
    return db.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).rowcount == 1


def there(ctx: Task, info: ConnectionInfo, step: str) -> bool:
    """Whether the database that ``info`` names exists: green's is made by the run, and dropped with it."""
    with beside(ctx, info, step) as db:
        return exists(db, info.dbname)


def locale(db: Db) -> dict[str, Any]:
    """Return encoding and collation of the database of ``db``, as :func:`make_with` takes them."""
    with db.cursor(row_factory=dict_row) as cursor:
        found: dict[str, Any] | None = cursor.execute(sqlfiles.text("database/locale").encode()).fetchone()
    assert found is not None, "a session is in a database"
    return found


def make_like(db: Db, name: str, model: Db) -> None:
    """Make database ``name`` with encoding and collation of the one that ``model`` is a session of.

    :raises DatabaseNotMade: the login may not, or the server does not know that locale.
    """
    make_with(db, name, locale(model))


def make_with(db: Db, name: str, wanted: Mapping[str, Any]) -> None:
    """Make database ``name`` with the encoding and collation that :func:`locale` has returned somewhere.

    :raises DatabaseNotMade: the login may not, or the server does not know that locale.
    """
    options = {"ENCODING": wanted["encoding"], "LC_COLLATE": wanted["lc_collate"], "LC_CTYPE": wanted["lc_ctype"]}
    if wanted["provider"] != "c":
        options |= {"LOCALE_PROVIDER": PROVIDERS[wanted["provider"]]}
        kind = "BUILTIN_LOCALE" if wanted["provider"] == "b" else "ICU_LOCALE"
        options |= {kind: wanted["locale"], **({"ICU_RULES": wanted["rules"]} if wanted["rules"] else {})}
    given = sql.SQL(" ").join(sql.SQL("{} {}").format(sql.SQL(k), sql.Literal(v)) for k, v in options.items())  # type: ignore[arg-type]
    make(db, sql.SQL("CREATE DATABASE {} TEMPLATE template0 {}").format(sql.Identifier(name), given), name)


def make_copy(
    ctx: Task, db: Db, name: str, template: str, *, patience: float = 15, strategy: str | None = None
) -> None:
    """Make database ``name`` as a copy of ``template``, to which nobody may be connected at that moment.

    :param strategy: how the server copies; by default as it likes.
    :raises DatabaseNotMade: somebody stays connected for ``patience`` seconds, or the login may not.
    """
    names = sql.Identifier(name), sql.Identifier(template)
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names)
    if strategy:
        statement += sql.SQL(" STRATEGY {}").format(sql.Literal(strategy))
    ends = time.monotonic() + patience
    while True:
        try:
            return make(db, statement, name)
        except DatabaseNotMade as error:
            if time.monotonic() > ends or not isinstance(error.__cause__, psycopg.errors.ObjectInUse):
                raise
        ctx.cancel.wait(0.2)


def make(db: Db, statement: sql.Composed, name: str) -> None:
    """:raises DatabaseNotMade: with the statement that a person with more rights can run."""
    try:
        db.execute(statement)
    except psycopg.errors.DuplicateDatabase:
        return
    except (psycopg.errors.ProgrammingError, psycopg.errors.OperationalError, psycopg.errors.DataError) as error:
        if isinstance(error, psycopg.errors.QueryCanceled) or not error.diag.message_primary:
            raise
        text = statement.as_string(db)
        allowed = not isinstance(error, psycopg.errors.InsufficientPrivilege)
        owner = sql.Identifier(db.info.user).as_string(db)
        raise DatabaseNotMade(
            f"database {name!r} cannot be made on {db.info.host}:{db.info.port} as {db.info.user!r}:"
            f" {error.diag.message_primary}.",
            fix=f"{text}, with what this server knows; then run the step again."
            if allowed
            else f"ALTER ROLE {owner} CREATEDB",
        ) from error


def drop(db: Db, name: str) -> None:
    """Drop database ``name`` where it exists, with the sessions that are in it.

    :raises DatabaseNotDropped: it is not ours, or something keeps it.
    """
    try:
        db.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    except (psycopg.errors.ProgrammingError, psycopg.errors.ObjectInUse) as error:
        raise DatabaseNotDropped(
            f"database {name!r} on {db.info.host}:{db.info.port} cannot be dropped: {error.diag.message_primary}."
            f" {error.diag.message_detail or ''}",
            fix=sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)).as_string(db),
        ) from error
