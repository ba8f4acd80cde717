"""Has everything arrived? Two independent witnesses: a row that was written last, and a position in the WAL."""

from __future__ import annotations

import time
from collections.abc import Callable

from cutover.context import Db
from cutover.errors import CutoverError
from cutover.postgres.blue_green import heartbeat
from cutover.postgres.blue_green.leg import Leg

LOOK_EVERY = 0.001
CONFIRMED = """
SELECT active, confirmed_flush_lsn >= %s::pg_lsn FROM pg_catalog.pg_replication_slots WHERE slot_name = %s
"""


class NotArrived(CutoverError):
    """What was written on the live side did not arrive on the other one in time."""

    code = "BGR012"


def await_marker(db: Db, leg: Leg, marker: int, ends: float, check: Callable[[], None] = lambda: None) -> None:
    """Wait until the marker's row is visible to ``db``, a session on the target.

    :param ends: monotonic clock.
    :raises NotArrived: in time.
    """
    _until(lambda: (heartbeat.seen(db, leg.number, leg.origin) or (0,))[0] >= marker, ends, f"marker {marker}", check)


def await_position(db: Db, leg: Leg, lsn: str, ends: float, check: Callable[[], None] = lambda: None) -> None:
    """Wait until the follower has confirmed all WAL up to ``lsn`` to ``db``, a session on the origin.

    :raises NotArrived: in time, or nobody follows.
    """

    def confirmed() -> bool:
        row = db.execute(CONFIRMED, (lsn, leg.names.flow(leg.origin))).fetchone()
        return bool(row and row[1])

    _until(confirmed, ends, f"WAL up to {lsn}", check)


def _until(reached: Callable[[], bool], ends: float, what: str, check: Callable[[], None]) -> None:
    while not reached():
        check()
        if time.monotonic() > ends:
            raise NotArrived(
                f"{what} did not arrive on the other side in time.",
                fix="look at the subscription's apply worker (pg_stat_subscription) and the server's log there.",
            )
        time.sleep(LOOK_EVERY)
