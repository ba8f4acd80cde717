"""One process per run and step at a time: a session lock that dies with its process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.errors import CutoverError


class Busy(CutoverError):
    """Another process is still at work on the run."""

    code = "ONL021"


@contextlib.contextmanager
def alone(
    ctx: RunContext, step: str, *, patience: float = 30, where: ConnectionInfo | None = None
) -> Iterator[psycopg.Connection[Any]]:
    """Hold the run's lock in the source database and yield the connection that holds it.

    :param where: another database to hold it in; all steps of a run have to name the same.

    A killed worker's session ends by itself within seconds (``client_connection_check_interval``), so a retry
    waits for it rather than working beside it.

    :raises Busy: another process holds the lock for longer than ``patience`` seconds.
    """
    with ctx.open(where or ctx.source_info, step) as db:
        waited = 0.0
        while not _try(db, ctx.run_id):
            if waited >= patience:
                raise Busy(
                    f"run {ctx.run_id!r} is being worked on by another process ({_holder(db, ctx.run_id)}).",
                    fix="wait for that step to end, or mark its task failed.",
                )
            ctx.cancel.wait(0.2)
            waited += 0.2
        yield db


def _try(db: psycopg.Connection[Any], run_id: str) -> bool:
    row = db.execute("SELECT pg_try_advisory_lock(hashtextextended('cutover.run.' || %s, 0))", (run_id,)).fetchone()
    return bool(row and row[0])


def _holder(db: psycopg.Connection[Any], run_id: str) -> str:
    row = db.execute(sqlfiles.text("online/run_holder").encode(), (run_id,)).fetchone()
    return str(row[0]) if row else "unknown"
