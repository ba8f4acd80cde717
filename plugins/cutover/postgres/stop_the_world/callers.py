"""Sessions of applications: given time to end their transactions, then ended, by name."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.postgres.stop_the_world.errors import SessionsStay

PATIENCE = 20.0
NAMED = 8


@dataclass(frozen=True, slots=True)
class Caller:
    """One session. ``began``: its transaction, None while it has none."""

    pid: int
    user: str
    application: str
    state: str
    began: datetime | None
    seconds: float | None
    address: str
    query: str

    def __str__(self) -> str:
        open_for = f", transaction open for {self.seconds:.1f} s" if self.seconds is not None else ""
        name = self.application or "no application_name"
        return f"pid {self.pid} ({self.user} from {self.address}, {name}, {self.state}{open_for})"


def look(db: Db) -> list[Caller]:
    """Return everybody who is connected to the database, but us."""
    with db.cursor(row_factory=class_row(Caller)) as cursor:
        return cursor.execute(sqlfiles.text("stop_the_world/sessions")).fetchall()  # type: ignore[arg-type]


def await_ends(ctx: RunContext, db: Db, deadline: float, over: Callable[[], bool]) -> list[Caller]:
    """Wait for the transactions that are open now; return those that are still open at ``deadline`` (monotonic).

    One that begins meanwhile is not waited for: it finds the doors closing.

    :param over: whether those are done who come through the router, too.
    """
    waiting = {(caller.pid, caller.began) for caller in look(db) if caller.began}
    told = 0.0
    while True:
        left = [caller for caller in look(db) if (caller.pid, caller.began) in waiting]
        if (not left and over()) or time.monotonic() >= deadline:
            return left
        if left and time.monotonic() - told > 5:
            told = time.monotonic()
            ctx.log.info("%d transactions have %.0f s left: %s", len(left), deadline - told, _named(left))
        ctx.cancel.wait(0.05)


def end(ctx: RunContext, db: Db, which: Callable[[Caller], bool] = lambda _: True) -> list[Caller]:
    """End the sessions that are there now and match; return whom, once they are gone.

    :raises SessionsStay: they do not end, or the login may not end them.
    """
    doomed = {caller.pid: caller for caller in look(db) if which(caller)}
    refused = [caller for caller in doomed.values() if not _end(db, caller.pid)]
    for caller in doomed.values():
        ctx.log.info("ended a session: %s; last statement: %s", caller, caller.query)
    deadline = time.monotonic() + PATIENCE
    while left := [caller for caller in look(db) if caller.pid in doomed]:
        if refused or time.monotonic() > deadline:
            raise SessionsStay(
                f"{len(left)} sessions of {db.info.dbname!r} do not end: {_named(refused or left)}.",
                fix=f"close them, or let the role end them: GRANT pg_signal_backend TO {db.info.user};"
                " a superuser's sessions only a superuser can end.",
            )
        ctx.cancel.wait(0.05)
    return list(doomed.values())


def _end(db: Db, pid: int) -> bool:
    try:
        db.execute("SELECT pg_terminate_backend(%s)", (pid,))
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def _named(callers: Sequence[Caller]) -> str:
    more = f" and {len(callers) - NAMED} more" if len(callers) > NAMED else ""
    return "; ".join(map(str, callers[:NAMED])) + more
