"""A restored database takes the live one's place: both are renamed in one transaction, so it happens or it does not."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from cutover import points
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres import maintenance
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.stop_the_world.errors import NotSwapped

LONGEST = 63
PATIENCE = 60.0
END = (
    "SELECT pid, usename::text, pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = ANY (%s) AND pid <> pg_backend_pid()"
)


def restored(ends: Ends) -> str:
    """Name the database that is restored beside the live one."""
    return f"cutover_{ends.number}_restored"


def aside(ends: Ends) -> str:
    """Name the database that the restored one has replaced, until the rollback is verified."""
    ending = f"_before_{ends.number}"
    return ends.info("blue").dbname.encode()[: LONGEST - len(ending)].decode(errors="ignore") + ending


def swap(ctx: RunContext, ends: Ends) -> None:
    """Rename the live database to :func:`aside`, and :func:`restored` to the live one's name.

    :raises NotSwapped: somebody cannot be made to leave, or the login may not rename them; both are as they were.
    """
    live, deadline = ends.info("blue").dbname, time.monotonic() + PATIENCE
    with maintenance.beside(ctx, ends.info("blue"), "swap") as db, _emptied(ctx, ends, [live, restored(ends)]):
        while True:
            try:
                with db.transaction():
                    _rename(db, live, aside(ends))
                    _rename(db, restored(ends), live)
                    points.reach("stw.swap.renaming")
                return
            except psycopg.errors.ObjectInUse as error:  # the server has waited for five seconds already
                if time.monotonic() > deadline:
                    raise _not_swapped(db, live, error) from error
                ctx.log.info("renaming waits for sessions to end: %s", error.diag.message_detail)
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.DuplicateDatabase) as error:
                raise _not_swapped(db, live, error) from error


def _rename(db: Db, old: str, new: str) -> None:
    db.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))


@contextmanager
def _emptied(ctx: RunContext, ends: Ends, names: list[str]) -> Iterator[None]:
    """End everybody's sessions in these databases for as long as the block: a rename lets nobody in while it waits."""
    over = threading.Event()

    def empty() -> None:
        try:
            with maintenance.beside(ctx, ends.info("blue"), "swap") as db:
                while True:
                    _end(ctx, db, names)
                    if over.wait(0.1):
                        return
        except (CutoverError, psycopg.Error) as error:
            ctx.log.warning("sessions could not be ended: %s", error)

    thread = threading.Thread(target=empty, name="cutover-emptier", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5)


def _end(ctx: RunContext, db: Db, names: list[str]) -> None:
    try:
        for pid, user, _ in db.execute(END, (names,)).fetchall():
            ctx.log.info("ended a session: pid %s (%s)", pid, user)
    except psycopg.errors.InsufficientPrivilege as error:  # a superuser's: he is named by the rename itself
        ctx.log.warning("a session cannot be ended: %s", error.diag.message_primary)


def _not_swapped(db: Db, live: str, error: psycopg.Error) -> NotSwapped:
    user = sql.Identifier(db.info.user).as_string(db)
    return NotSwapped(
        f"database {live!r} cannot be renamed: {error.diag.message_primary}. {error.diag.message_detail or ''}",
        fix=f"the login needs ALTER ROLE {user} CREATEDB and membership in the database's owner; close the sessions of"
        " superusers; then roll back again.",
    )
