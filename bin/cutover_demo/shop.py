"""Make the shop that the demo migrates: roles, schema, rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

from cutover_demo.statements import folder

WRITER = "shop_app"
REPORTING = "reporting"
OWNER = "shop_owner"  # owns the schema and cannot log in; migrations run as a member of it
POOL_EVERY = 50  # one seeded order in fifty belongs to the writers; the others must stay as they were loaded
POOL_REST = 7

Progress = Callable[[str], None]


def prepare(db: psycopg.Connection[Any], migrator: str) -> None:
    """Make an empty schema ``shop``, replacing one that is there, and the roles that its grants name.

    :param db: a superuser's autocommit session.
    :param migrator: the role that migrations run as.
    """
    roles(db, migrator)
    db.execute("drop schema if exists shop cascade")
    db.execute(sql.SQL("create schema shop authorization {}").format(sql.Identifier(OWNER)))


def roles(db: psycopg.Connection[Any], migrator: str) -> None:
    """Make the roles of the shop on a server; what is there stays."""
    for role in (WRITER, REPORTING, OWNER):
        if db.execute("select from pg_roles where rolname = %s", [role]).rowcount == 0:
            db.execute(sql.SQL("create role {}").format(sql.Identifier(role)))
    db.execute(sql.SQL("grant {} to {}").format(sql.Identifier(OWNER), sql.Identifier(migrator)))


def load(db: psycopg.Connection[Any], rows: int, say: Progress = lambda _: None) -> None:
    """Fill the empty schema ``shop`` with ``rows`` orders and all that goes with them.

    :param db: an autocommit session of a member of :data:`OWNER`.
    :param say: is told what is being done, one short phrase per file of ``include/demo/load``.
    """
    db.execute(sql.SQL("set role {}").format(sql.Identifier(OWNER)))
    for path in sorted(folder("load").glob("*.sql")):
        say(path.stem[3:].replace("_", " "))
        text = path.read_text(encoding="utf-8")
        # A text without parameters is sent as it is, so that one file may hold many statements.
        db.execute(text, {"rows": rows} if "%(rows)s" in text else None)
    db.execute("reset role")
