"""One read-only snapshot in which text forms are exact, whatever the session, role or server is set to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

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


@dataclass(frozen=True, slots=True)
class Session:
    """A worker's connections: to the left and to the right side; one and the same inside one database.

    :ivar shared: ids of exported snapshots, left and right, in which to look; none: in a new one each time.
    """

    left: Db
    right: Db
    shared: tuple[str, str] | tuple[None, None] = (None, None)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Hold a snapshot of each database for the block."""
        one, other = self.shared
        right = snapshot(self.right, shared=other) if self.right is not self.left else contextlib.nullcontext()
        with snapshot(self.left, shared=one), right:
            yield


Open = Callable[[], AbstractContextManager[Session]]


def within_one(connect: Connect, cancel: CancelToken | None) -> Open:
    """Return how to open a worker's session where both sides are in one database."""

    @contextlib.contextmanager
    def open_session() -> Iterator[Session]:
        with opened(connect, cancel) as db:
            yield Session(db, db)

    return open_session


def across_two(
    left: Connect,
    right: Connect,
    cancel: CancelToken | None,
    shared: tuple[str, str] | tuple[None, None] = (None, None),
) -> Open:
    """Return how to open a worker's session where the sides are in two databases."""

    @contextlib.contextmanager
    def open_session() -> Iterator[Session]:
        with opened(left, cancel) as one, opened(right, cancel) as other:
            yield Session(one, other, shared)

    return open_session


@contextlib.contextmanager
def snapshot(db: Db, *, writes: bool = False, shared: str | None = None) -> Iterator[None]:
    """Run the block in one REPEATABLE READ transaction with pinned settings (``SET LOCAL``).

    Read-only, unless the block ``writes``. Only an error rolls it back: servers count that, and whoever observes them
    takes it for errors of applications.

    :param shared: id of an exported snapshot, whose transaction is still open.
    """
    mode = "READ WRITE" if writes else "READ ONLY"
    begin = sql.SQL(f"BEGIN ISOLATION LEVEL REPEATABLE READ {mode};")  # type: ignore[arg-type]
    share = sql.SQL("SET TRANSACTION SNAPSHOT {};").format(shared) if shared else sql.SQL("")
    db.execute(sql.Composed([begin, share, sql.SQL(sqlfiles.text("rowdiff/settings"))]))  # type: ignore[arg-type]
    try:
        yield
    except BaseException:
        # A broken connection has no transaction left to end; what broke it is already on its way up.
        with contextlib.suppress(psycopg.OperationalError):
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
