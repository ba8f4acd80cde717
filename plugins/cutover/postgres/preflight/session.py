"""Short transactions that leave nothing behind and wait for nobody."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from cutover.errors import CutoverError
from cutover.postgres.preflight.trial import Problem

WAITED = (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled, psycopg.errors.DeadlockDetected)


class SessionBusy(CutoverError):
    """The connection given to preflight is in a transaction already."""

    code = "PRE001"


def require_idle(db: psycopg.Connection[Any]) -> None:
    """:raises SessionBusy: preflight makes and undoes transactions of its own."""
    if db.info.transaction_status != TransactionStatus.IDLE:
        raise SessionBusy(
            f"preflight needs a session without an open transaction, this one is {db.info.transaction_status.name}.",
            fix="commit or roll back first, or open another connection.",
        )


@contextlib.contextmanager
def undone(db: psycopg.Connection[Any], *, lock_wait: int, read_only: bool, statement: str = "30s") -> Iterator[None]:
    """Run the block in a transaction that is rolled back whatever happens.

    :param lock_wait: milliseconds; :param statement: how long one statement may take.
    """
    with db.transaction(force_rollback=True):
        if read_only:
            db.execute("SET TRANSACTION READ ONLY")
        else:
            db.execute("SET TRANSACTION READ WRITE")
        db.execute("SET LOCAL search_path = pg_catalog")
        db.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(f"{lock_wait}ms")))
        db.execute(sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(statement)))
        # Some triggers and policies hide rows; an error is better than a sample that lies.
        db.execute("SET LOCAL row_security = off")
        yield


def problem(error: psycopg.Error, where: str | None = None) -> Problem:
    """Return what the server said, without its own position."""
    primary = error.diag.message_primary or str(error).strip() or type(error).__name__
    return Problem(primary, error.diag.message_detail, error.diag.message_hint, where)
