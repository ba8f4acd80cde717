"""Take strong locks on live tables without ever making a queue behind them grow long."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.online import catalog

Result = TypeVar("Result")


class LockNotHad(CutoverError):
    """A lock could not be had in any attempt; the blockers are named."""

    code = "ONL020"


class TryAgain(Exception):
    """The attempt must be undone and made again: ``reason`` is logged."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one attempt may wait for its locks, and how many attempts there are.

    :param wait_ms: stays below the server's deadlock_timeout, see :func:`patience`.
    """

    wait_ms: int
    attempts: int
    first_ms: int = 150
    pause: float = 0.2

    def of(self, attempt: int) -> int:
        """The first attempts wait only briefly: whoever queues behind them waits no longer than they do."""
        return min(self.wait_ms, int(self.first_ms * 1.4 ** (attempt - 1)))


def patience(db: psycopg.Connection[Any], ctx: RunContext) -> Patience:
    """Derive the bound of one attempt from the spec and from the server's ``deadlock_timeout``.

    A session that has waited for ``deadlock_timeout`` looks for a cycle and, finding one, kills itself. Giving up
    before an application's session, which started to wait after this one, can come to that point is what makes
    sure that in a deadlock it is never the application that loses.
    """
    row = db.execute("SELECT setting::int FROM pg_settings WHERE name = 'deadlock_timeout'").fetchone()
    deadlock_ms = int(row[0]) if row else 1000
    wanted = int(ctx.spec.cutover.lock_timeout.total_seconds() * 1000)
    return Patience(max(50, min(wanted, deadlock_ms * 8 // 10)), ctx.spec.cutover.attempts)


def lock_all(
    db: psycopg.Connection[Any], tables: Sequence[sql.Composable], wait_ms: int, mode: str = "ACCESS EXCLUSIVE"
) -> None:
    """Take the lock on all tables, waiting ``wait_ms`` for all of them together."""
    # One LOCK: statement_timeout bounds the sum, lock_timeout would bound each. One message: while others wait, a way
    # to the server and back counts.
    wait = sql.Literal(f"{wait_ms}ms")
    whole = sql.SQL(
        "SET LOCAL lock_timeout = {wait}; SET LOCAL statement_timeout = {wait};"
        " LOCK TABLE {tables} IN {mode} MODE; SET LOCAL statement_timeout = 0"
    )
    try:
        db.execute(whole.format(wait=wait, tables=sql.SQL(", ").join(tables), mode=sql.SQL(mode)), prepare=False)  # type: ignore[arg-type]
    except psycopg.errors.QueryCanceled as error:
        raise psycopg.errors.LockNotAvailable(str(error)) from error


def holders(db: psycopg.Connection[Any], oids: Sequence[int]) -> list[dict[str, Any]]:
    """Return who holds or awaits locks on these tables, longest transaction first."""
    return catalog.rows(db, "lock_holders", tables=list(oids))


def named(found: Sequence[dict[str, Any]]) -> str:
    """One line a blocker: pid, user, how long, state, and the start of its query."""
    return "; ".join(
        f"pid {row['pid']} ({row['user']}, {row['application'] or 'no application_name'}, {row['state']}, transaction"
        f" open for {row['seconds']:.1f} s) on {row['relation']}: {row['query']}"
        for row in found[:5]
    )


def attempt(
    ctx: RunContext,
    db: psycopg.Connection[Any],
    what: str,
    oids: Callable[[], Sequence[int]],
    work: Callable[[int], Result],
    before: Callable[[], None] = lambda: None,
) -> tuple[Result, int]:
    """Run ``work(wait_ms)`` in a transaction of its own until it gets its locks.

    :param oids: the tables in question, to name the blockers.
    :param before: run before each attempt, outside the transaction; may raise :class:`TryAgain`.
    :returns: the result and the number of attempts.
    :raises LockNotHad: after the last attempt; nothing has changed.
    """
    limit = patience(db, ctx)
    reason = ""
    for number in range(1, limit.attempts + 1):
        ctx.cancel.check()
        try:
            before()
            with db.transaction():
                return work(limit.of(number)), number
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected, TryAgain) as error:
            blockers = named(holders(db, oids()))
            reason = error.reason if isinstance(error, TryAgain) else f"no lock within {limit.of(number)} ms"
            reason += f"; in the way: {blockers}" if blockers else ""
            ctx.log.warning("%s: attempt %d of %d: %s", what, number, limit.attempts, reason)
        # Backoff with jitter: what blocked is given time to end, and two runs do not keep meeting.
        ctx.cancel.wait(min(5.0, limit.pause * 1.4 ** (number - 1)) * random.uniform(0.7, 1.3))
    raise LockNotHad(
        f"{what}: given up after {limit.attempts} attempts: {reason}. Nothing has changed.",
        fix="end the transactions named above (SELECT pg_terminate_backend(<pid>)), or raise cutover: attempts.",
    )
