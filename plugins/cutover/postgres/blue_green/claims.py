"""Who may open and close the sides: the one attempt whose name both sides carry.

A cutover is two transactions on two servers, and the process that makes them may die, or hang, between them. What makes
it safe whoever comes after it:

* Each attempt writes its name on both sides before it changes anything. Whoever comes later writes another name, and
  from then on nothing that the earlier one still has on its way can take effect, because each of its transactions
  begins by asking for its own name, under a row lock.
* ``close_origin`` takes the writes from the origin. ``decide`` gives them to the target: that one commit is the
  decision. ``give_up`` on the target makes it impossible, or finds that it has been made; only then may
  ``reopen_origin`` be called. So at every instant one side at most takes writes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from psycopg import sql

from cutover import points
from cutover.context import Db
from cutover.errors import CutoverError
from cutover.postgres.blue_green import fence, heartbeat
from cutover.postgres.blue_green.fence import Fenced
from cutover.postgres.blue_green.leg import Leg

Outcome = Literal["decided", "given up"]
Standing = Literal["open", "closed", "foreign"]


class Overtaken(CutoverError):
    """Another process has begun a cutover, or taken this one back, meanwhile."""

    code = "BGR011"


class Claimant(Protocol):
    """Whoever makes an attempt."""

    @property
    def run_id(self) -> str: ...

    @property
    def attempt(self) -> str: ...


def claim(db: Db, leg: Claimant, *, live: bool) -> None:
    """Write the attempt's name on a side, which is in the state that is expected of it.

    :raises Overtaken: it is not.
    """
    done = db.execute(
        "UPDATE cutover_sync.run SET attempt = %s, updated_at = clock_timestamp() WHERE run_id = %s AND live = %s",
        (leg.attempt, leg.run_id, live),
    ).rowcount
    if done != 1:
        raise Overtaken(
            f"run {leg.run_id!r}: {db.info.dbname} is {'not ' if live else 'already '}live.",
            fix="run the step again; it goes on from what the databases say.",
        )


def close_origin(db: Db, leg: Leg, tables: Sequence[Fenced], wait_ms: int, *, backwards: bool) -> tuple[int, str]:
    """Take the writes from the origin; return the marker, and a position behind which nothing was written to it.

    :raises psycopg.errors.LockNotAvailable: somebody is still writing; nothing has changed.
    """
    with db.transaction():
        fence.raise_up(db, leg.names, tables, wait_ms, backwards=backwards)
        own(db, leg, live=True, becomes=False)
        marker = heartbeat.beat(db, leg.number, leg.origin)
        row = db.execute("SELECT pg_current_wal_insert_lsn()::text").fetchone()
        points.reach("bg.cutover.fencing")
    assert row is not None
    return marker, str(row[0])


def decide(db: Db, leg: Leg, tables: Sequence[Fenced], wait_ms: int, before: Callable[[], None]) -> None:
    """Give the writes to the target. This commit is the decision.

    :param before: what has to be done on the target first and cannot be undone (sequences, the slot of the way back).
        It runs with the target's row locked under the attempt's name: one that was overtaken never comes to it.
    """
    stop = sql.SQL("ALTER SUBSCRIPTION {} DISABLE").format(sql.Identifier(leg.names.flow(leg.origin)))
    with db.transaction():
        own(db, leg, live=False, becomes=True)
        before()
        fence.lower(db, leg.names, tables, wait_ms)
        db.execute(stop)
        points.reach("bg.cutover.deciding")


def withdraw(db: Db, leg: Leg) -> Standing:
    """Take the attempt's name off the origin, in the caller's transaction, if that takes writes: then it cannot be
    closed any more, either.

    :returns: ``open``: that was so. ``closed``: the origin takes no writes. ``foreign``: another attempt has the say.
    """
    row = db.execute(
        "SELECT live FROM cutover_sync.run WHERE run_id = %s AND attempt = %s FOR UPDATE", (leg.run_id, leg.attempt)
    ).fetchone()
    if row is None:
        return "foreign"
    if not row[0]:
        return "closed"
    release(db, leg)
    return "open"


def give_up(db: Db, leg: Leg) -> Outcome:
    """Make sure that the decision cannot be made any more, or find that it has been; waits where it is under way."""
    db.execute(
        "UPDATE cutover_sync.run SET attempt = NULL WHERE run_id = %s AND attempt = %s AND NOT live",
        (leg.run_id, leg.attempt),
    )
    row = db.execute("SELECT live FROM cutover_sync.run WHERE run_id = %s", (leg.run_id,)).fetchone()
    return "decided" if row and row[0] else "given up"


def reopen_origin(db: Db, leg: Leg, tables: Sequence[Fenced], wait_ms: int) -> None:
    """Give the writes back to the origin where this attempt has taken them away. Only after ``give_up``."""
    with contextlib.suppress(Overtaken), db.transaction():
        own(db, leg, live=False, becomes=True)
        fence.lower(db, leg.names, tables, wait_ms)


def release(db: Db, leg: Claimant) -> None:
    """Take the attempt's name off a side: it is over."""
    db.execute(
        "UPDATE cutover_sync.run SET attempt = NULL WHERE run_id = %s AND attempt = %s", (leg.run_id, leg.attempt)
    )


def own(db: Db, leg: Claimant, *, live: bool, becomes: bool) -> None:
    """Give a side the writes, or take them away, in the caller's transaction and under the attempt's name.

    :raises Overtaken: another attempt has the say by now.
    """
    done = db.execute(
        "UPDATE cutover_sync.run SET live = %s, updated_at = clock_timestamp()"
        " WHERE run_id = %s AND attempt = %s AND live = %s",
        (becomes, leg.run_id, leg.attempt, live),
    ).rowcount
    if done != 1:
        raise Overtaken(
            f"run {leg.run_id!r}: this attempt at the cutover was overtaken by another process.",
            fix="look at the run's newest task; this one has changed nothing.",
        )
