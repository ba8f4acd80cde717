"""Look again at what was in flight, until it is decided.

A key is decided by a snapshot in which the log has no entry for it. Most keys are, soon after the log was drained.
A key that is written without a pause is not: whenever somebody looks, there is a new entry. But inside the very
transaction that drains the log its snapshot has none left, however busy the key is, and both sides must be equal there.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import psycopg

from cutover.postgres.rowdiff.model import Drain, Settle
from cutover.postgres.rowdiff.pairs import Part
from cutover.postgres.rowdiff.session import snapshot
from cutover.postgres.rowdiff.workers import PartList, Workers

SHORTEST_PAUSE = 0.01
LONGEST_PAUSE = 1.0
# Another drain got in between, or the follower refuses a row: whoever drains for good has to deal with that.
DRAIN_FAILED = (
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.IntegrityError,
    psycopg.errors.DataError,
)
# So many parts are looked at within one transaction that drains; more would hold its row locks for long.
FEW_PARTS = 20


def look_again(workers: Workers, settle: Settle | None, drain: Drain | None, patience: float) -> None:
    """Look until every key is decided or ``patience`` (seconds) is over; once at least."""
    deadline, pause = time.monotonic() + patience, SHORTEST_PAUSE
    inside = False
    while parts := workers.tally.take_again():
        if settle and not (drain and inside):
            settle()
        if drain and inside and len(parts) <= FEW_PARTS:
            _look_inside(workers, drain, parts)
        else:
            workers.work(PartList(parts))
        inside = not inside
        if not workers.tally.undecided or time.monotonic() > deadline:
            return
        workers.wait(pause)
        if not (settle or drain):  # somebody else drains: the longer it takes, the less often we look
            pause = min(pause * 2, LONGEST_PAUSE)


def _look_inside(workers: Workers, drain: Drain, parts: Sequence[Part]) -> None:
    """Drain and look in one transaction; where the drain fails, take an ordinary look instead."""
    try:
        with workers.open() as session, snapshot(session.left, writes=True):
            drain(session.left)
            looks = [(part, *workers.look(session, part)) for part in parts]
    except DRAIN_FAILED:
        workers.work(PartList(parts))
        return
    for part, look, found in looks:
        workers.tally.add(part, look, found)
