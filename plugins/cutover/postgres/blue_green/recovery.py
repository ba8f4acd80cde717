"""What is left of a cutover that did not come to its end: bring clients back to the one side that is live.

Done by the cutover itself when something fails, by its watchdog when it dies, and by every later step of the run.
Each of them may do it again.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import replace
from typing import Literal

import psycopg

from cutover import points
from cutover.context import Db
from cutover.errors import ConnectionRefused
from cutover.postgres.blue_green import claims, fence, state
from cutover.postgres.blue_green.leg import Leg
from cutover.postgres.blue_green.names import SideName
from cutover.routing import Router

log = logging.getLogger("cutover")
Direction = Literal["forward", "back"]
# Nobody writes behind the fence, and the router holds everybody else: only a stray reader's lock can be in the way.
PATIENCE_MS = 2000


def recover(leg: Leg, *, undecided: bool = False) -> Direction:
    """Bring an attempt to its end: on to the target where that was decided, back to the origin where it was not.

    :param undecided: known for certain, so that the target is not even asked; it may be away.
    :raises psycopg.OperationalError, RouterFailed: what is needed for that is away; call again.
    """
    try:
        standing = _lead_back(leg)
    except (ConnectionRefused, psycopg.OperationalError):
        standing = "closed"  # for all we know; where it was decided, the origin is not needed any more
    points.reach("bg.recovery.looked")
    if standing == "closed":
        leg.keep_held()
    if standing == "closed" and not undecided and _decided(leg):
        lead(leg, leg.target)
        over(leg)
        return "forward"
    while standing == "closed":
        with leg.open(leg.origin) as db:
            claims.reopen_origin(db, leg, fence.look(db, leg.names), PATIENCE_MS)
        points.reach("bg.recovery.reopened")
        standing = _lead_back(leg)
    over(leg)
    return "back"


def _lead_back(leg: Leg) -> claims.Standing:
    """Lead clients to the origin where that takes writes.

    The attempt's name goes when that has been done, not before: who tries again after a failure would take clients that
    are still held for another attempt's.
    """
    with leg.open(leg.origin) as db, db.transaction():
        standing = claims.withdraw(db, leg)
        if standing == "open":
            lead(leg, leg.origin)
        return standing


def _decided(leg: Leg) -> bool:
    with leg.open(leg.target) as db:
        return claims.give_up(db, leg) == "decided"


def lead(leg: Leg, side: SideName, router: Router | None = None) -> None:
    """Lead clients to a side that takes writes, and let them go on.

    :param router: one that is connected already.
    """
    with contextlib.closing(leg.router()) if router is None else contextlib.nullcontext(router) as used:
        used.point(leg.place(side))
        points.reach("bg.cutover.pointed")
        used.resume()


def over(leg: Leg) -> None:
    """Take the attempt's name off both sides. A side that is away keeps it: whoever comes next looks at it again."""
    for side in (leg.origin, leg.target):
        with contextlib.suppress(ConnectionRefused, psycopg.Error), leg.open(side) as db:
            claims.release(db, leg)


def unfinished(leg: Leg) -> Leg | None:
    """Return the leg of an attempt that is written on a side and that nobody carries on; the run's lock is ours."""
    for side in ("blue", "green"):
        with leg.open(side) as db:  # type: ignore[arg-type]
            row = _attempt(db, leg.run_id)
        if row:
            attempt, origin = row.rsplit(":", 1)
            return replace(leg, attempt=row, origin="blue" if origin == "blue" else "green") if attempt else None
    return None


def _attempt(db: Db, run_id: str) -> str | None:
    if state.find(db, run_id) is None:
        return None
    row = db.execute("SELECT attempt FROM cutover_sync.run WHERE run_id = %s", (run_id,)).fetchone()
    return row[0] if row else None
