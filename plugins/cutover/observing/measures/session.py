"""What one session of the live side can tell at once; each question for itself, so that none hides the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import psycopg

from cutover.context import Db, RunContext
from cutover.journal.check import Check
from cutover.observing import verdicts
from cutover.observing.kinds import Kind
from cutover.observing.measures import connections, disk, errors, locks, long_queries, wal
from cutover.observing.subject import Subject

Ask = Callable[[RunContext, Db, Subject], Check]
ASKED: Sequence[tuple[Kind, Ask]] = (
    ("OBSERVE_ERRORS", errors.ask),
    ("OBSERVE_CONNECTIONS", connections.ask),
    ("OBSERVE_LOCKS", locks.ask),
    ("OBSERVE_LONG_QUERY", long_queries.ask),
    ("OBSERVE_WAL", wal.ask),
    ("OBSERVE_DISK", disk.ask),
)


def take(ctx: RunContext, of: Subject) -> Iterator[Check]:
    """Ask one after the other."""
    with ctx.open(of.live, "observe", statement_timeout=of.timeout) as db:
        for kind, ask in ASKED:
            try:
                yield ask(ctx, db, of)
            except psycopg.Error as error:
                ctx.cancel.check()
                if db.closed:
                    raise
                yield verdicts.untaken(kind, f"cannot be told: {(str(error).strip().splitlines() or ['?'])[0]}")
