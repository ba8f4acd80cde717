"""Scratch databases: made to see whether a point restores, dropped afterwards, and after whoever was killed."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from psycopg import sql

from cutover.connections import ConnectionInfo
from cutover.context import Db
from cutover.postgres import maintenance
from cutover.postgres.task import Task, Work

STEP = "proof"
PREFIX = "cutover_proof_"
# Sessions that work in a scratch database hold this, for its name, in the server's maintenance database.
LOCK_CLASS = 0x43_75_74_50


@contextlib.contextmanager
def scratch(
    ctx: Task, on: ConnectionInfo, locale: Mapping[str, Any], template: str | None = None
) -> Iterator[ConnectionInfo]:
    """Make a scratch database on the server of ``on`` for the block, and drop it whatever happens.

    :param locale: encoding and collation, as :func:`maintenance.locale` says them.
    :param template: a database to be copied instead, for its extensions; nobody may be connected to it.
    :raises DatabaseNotMade: the login may not, or the server does not know that locale.
    """
    name = f"{PREFIX}{int(time.time())}_{secrets.token_hex(4)}"
    with maintenance.beside(ctx, on, STEP) as db:
        sweep(db)
        db.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", (LOCK_CLASS, name))
        try:
            if template:
                maintenance.make_copy(ctx, db, name, template)
            else:
                maintenance.make_with(db, name, locale)
            yield replace(on, dbname=name)
        finally:
            _drop(ctx, on, name)


def sweep(db: Db) -> list[str]:
    """Drop scratch databases whose session is gone; return their names.

    :param db: a session in the maintenance database.
    """
    rows = db.execute("SELECT datname::text FROM pg_database WHERE starts_with(datname, %s)", (PREFIX,)).fetchall()
    dropped = []
    for (name,) in rows:
        free = db.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", (LOCK_CLASS, name)).fetchone()
        if free and free[0]:
            db.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            db.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", (LOCK_CLASS, name))
            dropped.append(name)
    return dropped


def _drop(ctx: Task, on: ConnectionInfo, name: str) -> None:
    """On a session of its own that nobody stops: the operator's wish must not leave it behind."""
    with maintenance.beside(Work(ctx.run_id, ctx.log), on, STEP) as db:
        maintenance.drop(db, name)
