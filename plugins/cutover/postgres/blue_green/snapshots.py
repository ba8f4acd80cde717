"""Both databases frozen at the one moment at which they must be equal, to be compared at leisure.

While the origin is closed and the target has everything, neither changes. A snapshot taken on each side at that moment
shows the same rows for as long as it is held, however much is written later: no log, no lag, no "probably".
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from psycopg import IsolationLevel

from cutover.context import Db
from cutover.postgres.blue_green.leg import Leg
from cutover.postgres.blue_green.names import SideName


@dataclass(slots=True)
class Frozen:
    """A session on each side; once taken, each is in a read-only snapshot.

    :ivar ids: exported, so that further sessions can share the snapshot.
    """

    sessions: dict[SideName, Db]
    ids: dict[SideName, str]

    def take(self) -> None:
        """Take both snapshots, now."""
        for side, db in self.sessions.items():
            row = db.execute("SELECT pg_export_snapshot()").fetchone()
            assert row is not None
            self.ids[side] = str(row[0])

    def let_go(self) -> None:
        """End both snapshots."""
        for db in self.sessions.values():
            with contextlib.suppress(Exception):
                db.commit()
        self.ids.clear()


def freeze(leg: Leg, closing: contextlib.ExitStack) -> Frozen:
    """Open the sessions beforehand: connecting takes longer than everything else does in the critical section."""
    sessions: dict[SideName, Db] = {}
    for side in (leg.origin, leg.target):
        db = closing.enter_context(leg.open(side, idle_in_transaction_session_timeout="0"))
        db.autocommit = False
        db.isolation_level, db.read_only = IsolationLevel.REPEATABLE_READ, True
        sessions[side] = db
    return Frozen(sessions, {})
