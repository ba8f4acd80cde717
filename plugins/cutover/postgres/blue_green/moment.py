"""One moment of both sides while writes go on: for what no lag may blur, such as counts and sums of whole tables.

The table is locked against writers for as long as a beat takes to arrive, that is for milliseconds: with the lock in
hand no transaction that wrote to it is open, so all of them were committed before the beat, and have arrived when it
has. Both snapshots are taken then, and the lock is let go. It is waited for briefly and given up rather than letting
writers queue; where a long transaction keeps it from us, the moment is taken without it and says so.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import IsolationLevel, sql

from cutover.context import Db
from cutover.postgres.blue_green import lag
from cutover.postgres.blue_green.names import SideName, other
from cutover.postgres.blue_green.sight import Sight
from cutover.postgres.online import locks

ATTEMPTS = 8
# Writers of the table wait so long at most, after the lock was had.
HOLD_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Moment:
    """Both sides in snapshots.

    :ivar exact: they show the same instant of the tables in question; otherwise ``why`` not.
    """

    sight: Sight
    exact: bool
    why: str = ""


@contextlib.contextmanager
def common(sight: Sight, tables: Sequence[sql.Identifier]) -> Iterator[Moment]:
    """Hold snapshots of both sides, for the block, in which ``tables`` are of the same instant."""
    with contextlib.ExitStack() as closing:
        holders = _Holders({side: closing.enter_context(_holder(sight, side)) for side in SIDES})
        why = _locked(sight, tables, holders)
        if why is not None:
            sight.ctx.log.warning("no common moment of %s: %s", ", ".join(t.as_string() for t in tables), why)
            sight.settle()
            holders.take()
        yield Moment(sight.at(holders.ids), why is None, why or "")


SIDES: tuple[SideName, SideName] = ("blue", "green")


class _Holders:
    """The sessions that keep both snapshots."""

    def __init__(self, sessions: dict[SideName, Db]) -> None:
        self._sessions = sessions
        self.ids: dict[SideName, str] = {}

    def take(self) -> None:
        for side, db in self._sessions.items():
            db.commit()  # what it held before; it only reads
            row = db.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
            assert row is not None, "a SELECT without FROM has one row"
            self.ids[side] = row[0]


@contextlib.contextmanager
def _holder(sight: Sight, side: SideName) -> Iterator[Db]:
    with sight.ends.open(side, "moment", idle_in_transaction_session_timeout="0") as db:
        db.autocommit = False
        db.isolation_level, db.read_only = IsolationLevel.REPEATABLE_READ, True
        yield db


def _locked(sight: Sight, tables: Sequence[sql.Identifier], holders: _Holders) -> str | None:
    """Take the snapshots under the lock; return ``None``, or why not."""
    ctx, ends, origin = sight.ctx, sight.ends, sight.origin
    with (
        ends.open(origin, "moment") as locker,
        ends.open(origin, "moment") as live,
        ends.open(other(origin), "moment") as follower,
    ):
        limit, why = locks.patience(locker, ctx), ""
        for number in range(1, ATTEMPTS + 1):
            ctx.cancel.check()
            # Near the live side first: whoever must wait for it then does so without the lock.
            lag.look(live, follower, ends.number, origin, wait=ctx.cancel.wait)
            try:
                with locker.transaction():
                    locks.lock_all(locker, tables, limit.of(number), "SHARE")
                    seen = lag.look(live, follower, ends.number, origin, patience=HOLD_SECONDS, wait=ctx.cancel.wait)
                    if seen.arrived:
                        holders.take()
                        return None
                why = f"{seen.describe()} while the table was locked"
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                why = f"no lock within {limit.of(number)} ms: {_in_the_way(locker, tables)}"
            ctx.cancel.wait(random.uniform(0.1, 0.5) * number)
        return why


def _in_the_way(db: Db, tables: Sequence[sql.Identifier]) -> str:
    oids = [db.execute("SELECT to_regclass(%s)::oid", (table.as_string(db),)).fetchone() for table in tables]
    found = locks.holders(db, [row[0] for row in oids if row and row[0]])
    return locks.named(found) or "by now nobody has it"
