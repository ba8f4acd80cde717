"""Open and close a side: its fence and what it says of itself change in one transaction, by one attempt at a time.

A process may hang, and wake up when somebody else has opened the doors long ago. So each attempt writes its name on
every side before it changes anything, and each of its transactions begins by asking for that name, under a row lock.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cutover.context import Db, RunContext
from cutover.postgres.blue_green import claims, fence, state
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.fence import Fenced
from cutover.postgres.online import locks


@dataclass(frozen=True, slots=True)
class Attempt:
    """Whoever opens or closes doors now."""

    run_id: str
    attempt: str

    @classmethod
    def of(cls, ctx: RunContext) -> Attempt:
        return cls(ctx.run_id, str(uuid.uuid4()))


def seize(db: Db, me: Attempt) -> bool | None:
    """Write the attempt's name on a side; return whether that is live, None where it knows nothing of the run.

    From here on nothing that an earlier attempt still has on its way can take effect there. What it has under way just
    now is waited for.
    """
    if state.find(db, me.run_id) is None:
        return None
    row = db.execute(
        "UPDATE cutover_sync.run SET attempt = %s WHERE run_id = %s RETURNING live", (me.attempt, me.run_id)
    ).fetchone()
    return bool(row[0]) if row else None


def shut(db: Db, ends: Ends, me: Attempt, tables: Sequence[Fenced], wait_ms: int, *, backwards: bool) -> None:
    """Take the writes from a side; a table that has no fence yet gets one.

    :raises psycopg.errors.LockNotAvailable: somebody's transaction is still open; nothing has changed.
    :raises Overtaken: another attempt has the say by now.
    """
    with db.transaction():
        fenced = [table for table in tables if table.mode is not None]
        locks.lock_all(db, [each.identifier for each in (tables[::-1] if backwards else tables)], wait_ms, fence.MODE)
        for table in (table for table in tables if table.mode is None):
            fence.put(db, ends.names, table, tight=True)
        fence.raise_up(db, ends.names, fenced, wait_ms, tight=True)
        claims.own(db, me, live=True, becomes=False)


def give(
    ctx: RunContext, db: Db, ends: Ends, me: Attempt, before: Callable[[], None] = lambda: None, **detail: Any
) -> None:
    """Let a side take writes again; the commit is the decision.

    :param before: what has to be done in the same transaction, under the attempt's name.
    :param detail: what the side is to remember.
    :raises Overtaken: another attempt has the say by now.
    :raises LockNotHad: somebody keeps a table locked.
    """
    tables = [table for table in fence.look(db, ends.names) if table.mode is not None]

    def work(wait_ms: int) -> None:
        claims.own(db, me, live=False, becomes=True)
        before()
        fence.lower(db, ends.names, tables, wait_ms)
        state.put(db, ctx.run_id, **detail)

    locks.attempt(ctx, db, "doors open", lambda: [table.table_oid for table in tables], work)
