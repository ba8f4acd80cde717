"""How far the side that is not live is behind: in seconds that nobody can flatter, and in bytes of WAL.

A beat is written on the live side and waited for on the other one. It is an ordinary row of an ordinary transaction, so
when it arrives, all that was committed before it has arrived. While it does not, the other side is as many seconds
behind as the last beat that it has seen is old, by the clock of the server that wrote it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cutover.context import Db
from cutover.postgres.blue_green import health, heartbeat
from cutover.postgres.blue_green.health import Slot, Subscription
from cutover.postgres.blue_green.names import Names, SideName, other

# A beat that takes longer than this is not waited for any more; the next look finds it.
PATIENCE = 2.0
FIRST_PAUSE, LONGEST_PAUSE = 0.002, 0.05


@dataclass(frozen=True, slots=True)
class Lag:
    """One look at one flow.

    :ivar seconds: how far behind; at least so much where ``arrived`` is false.
    :ivar beat: the beat of this look; ``seen`` the last one that has arrived, if any.
    :ivar arrived: the beat of this look has.
    """

    origin: SideName
    seconds: float
    beat: int
    seen: int | None
    arrived: bool
    slot: Slot | None
    subscription: Subscription | None

    @property
    def flow(self) -> str:
        """Return the flow's name in figures and messages."""
        return f"{self.origin} -> {other(self.origin)}"

    @property
    def broken(self) -> list[str]:
        """What keeps the other side from following at all, in words; a restarting worker is not among it."""
        found = []
        if self.slot is None:
            found.append(f"{self.origin} has no slot any more")
        elif self.slot.invalidated or self.slot.wal_status == "lost":
            found.append(f"{self.origin} has given up the slot ({self.slot.invalidated or 'its WAL is gone'})")
        if self.subscription is None:
            found.append(f"{other(self.origin)} has no subscription")
        elif not self.subscription.enabled:
            found.append(f"the subscription on {other(self.origin)} is disabled")
        return found

    def describe(self) -> str:
        """Return the look in one line."""
        behind = "an unknown number of" if not self.slot or self.slot.behind_bytes is None else self.slot.behind_bytes
        counted = f"{behind:,}" if isinstance(behind, int) else behind
        text = f"{self.flow}: {'' if self.arrived else 'at least '}{self.seconds:.3f} s and {counted} bytes behind"
        if self.subscription and self.subscription.enabled and self.subscription.pid is None:
            text += ", no apply worker"
        return "; ".join([text, *self.broken])

    def as_dict(self) -> dict[str, Any]:
        """Return the look as JSON-safe figures, the same names each time."""
        slot, subscription = self.slot, self.subscription
        return {
            "flow": self.flow,
            "seconds": round(self.seconds, 4),
            "bytes": slot.behind_bytes if slot else None,
            "beat": self.beat,
            "seen": self.seen,
            "arrived": self.arrived,
            "kept_bytes": slot.kept_bytes if slot else None,
            "wal_status": slot.wal_status if slot else None,
            "safe_wal_size": slot.safe_wal_size if slot else None,
            "enabled": bool(subscription and subscription.enabled),
            "applying": bool(subscription and subscription.pid),
            "apply_errors": subscription.errors if subscription else None,
            "conflicts": subscription.conflicts if subscription else {},
            "broken": self.broken,
        }


def look(
    origin_db: Db,
    other_db: Db,
    number: int,
    origin: SideName,
    *,
    patience: float = PATIENCE,
    wait: Callable[[float], None] = time.sleep,
) -> Lag:
    """Write a beat on ``origin``, wait for it on the other side, and look at slot and subscription.

    :param patience: seconds to wait for the beat.
    :param wait: waits some seconds; may raise to end the look.
    """
    began, pause = time.monotonic(), FIRST_PAUSE
    mine = heartbeat.beat(origin_db, number, origin)
    while True:
        seen = heartbeat.seen(other_db, number, origin)
        elapsed = time.monotonic() - began
        arrived = seen is not None and seen[0] >= mine
        if arrived or elapsed > patience:
            break
        wait(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)
    seconds = elapsed if arrived or seen is None else max(elapsed, _age(origin_db, seen[1]))
    flow = Names(number).flow(origin)
    return Lag(
        origin,
        seconds,
        mine,
        seen[0] if seen else None,
        arrived,
        health.slot(origin_db, flow),
        health.subscription(other_db, flow),
    )


def _age(db: Db, at: Any) -> float:
    """Return how many seconds ago ``at`` was, by the clock that wrote it."""
    row = db.execute("SELECT extract(epoch FROM clock_timestamp() - %s)::float8", (at,)).fetchone()
    assert row is not None, "a SELECT without FROM has one row"
    return float(row[0])
