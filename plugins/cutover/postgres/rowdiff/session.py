"""One read-only snapshot in which text forms are exact, whatever the session, role or server is set to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import psycopg

from cutover import sqlfiles
from cutover.postgres.rowdiff.model import Connect

if TYPE_CHECKING:
    from cutover.context import CancelToken

Db = psycopg.Connection[Any]


@contextlib.contextmanager
def opened(connect: Connect, cancel: CancelToken | None) -> Iterator[Db]:
    """Open a connection that ``cancel`` can reach.

    :raises Cancelled: an operator stopped the step; the statement in flight was cancelled on the server.
    """
    with connect() as db:
        db.autocommit = True
        try:
            with cancel.watch(db) if cancel else contextlib.nullcontext():
                yield db
        except psycopg.errors.QueryCanceled:
            if cancel:
                cancel.check()
            raise


@contextlib.contextmanager
def snapshot(db: Db, *, writes: bool = False) -> Iterator[None]:
    """Run the block in one REPEATABLE READ transaction with pinned settings (``SET LOCAL``).

    Read-only and rolled back, unless the block ``writes``: then it is committed, or rolled back by an error.
    """
    mode = "READ WRITE" if writes else "READ ONLY"
    db.execute(f"BEGIN ISOLATION LEVEL REPEATABLE READ {mode};" + sqlfiles.text("rowdiff/settings"))  # type: ignore[call-overload]
    try:
        yield
    except BaseException:
        # A broken connection has no transaction left to end; what broke it is already on its way up.
        with contextlib.suppress(psycopg.OperationalError):
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT" if writes else "ROLLBACK")
