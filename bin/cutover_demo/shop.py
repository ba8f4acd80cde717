"""Make the shop that the demo migrates: roles, schema, rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import sql

from cutover_demo.statements import folder

WRITER_ROLE = "app"
REPORTING_ROLE = "reporting"
POOL_EVERY = 50  # one seeded order in fifty belongs to the writers; the others must stay as they were loaded
POOL_REST = 7

Progress = Callable[[str], None]


def ensure_login(db: psycopg.Connection[Any], role: str, password: str | None = None) -> None:
    """Create ``role``, or give the one that is there this ``password``."""
    if db.execute("select from pg_roles where rolname = %s", [role]).rowcount == 0:
        db.execute(sql.SQL("create role {}").format(sql.Identifier(role)))
    if password is not None:
        alter = sql.SQL("alter role {} login password {}").format(sql.Identifier(role), sql.Literal(password))
        db.execute(alter)


def load(db: psycopg.Connection[Any], rows: int, say: Progress = lambda _: None) -> None:
    """Create schema ``shop`` with ``rows`` orders, replacing one that is there.

    :param db: an autocommit session of a role that owns the database; both roles exist.
    :param say: is told what is being done, one short phrase per file of ``include/demo/load``.
    """
    db.execute("drop schema if exists shop cascade")
    for path in sorted(folder("load").glob("*.sql")):
        say(path.stem[3:].replace("_", " "))
        text = path.read_text(encoding="utf-8")
        # A text without parameters is sent as it is, so that one file may hold many statements.
        db.execute(text, {"rows": rows} if "%(rows)s" in text else None)
