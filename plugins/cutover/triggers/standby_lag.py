"""How far standbys are behind, in bytes and in seconds that cannot be flattered.

``pg_stat_replication.replay_lag`` stands still when a standby stops replaying, so a stuck standby looks healthy.
Here the time is measured as well: the server's own WAL positions are remembered with the moment at which they were
seen, and a standby is as many seconds behind as the oldest position that it has not replayed yet.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Ten minutes at one look per second; older positions are thinned out by age alone.
REMEMBERED = 600


@dataclass(frozen=True, slots=True)
class Standby:
    """One standby at one moment.

    :param seconds: how far it is behind, never less than what the server itself says.
    :param sure: false as long as it has not passed a position that was seen: it may be behind for much longer.
    """

    name: str
    lag_bytes: int
    seconds: float
    sure: bool = True

    def describe(self) -> str:
        return f"{self.name} is {self.seconds:.1f} s and {self.lag_bytes:,} bytes behind"


class LagClock:
    """Turns rows of ``standby/lag.sql`` into lags, with a memory of the primary's WAL positions."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque(maxlen=REMEMBERED)

    def read(self, rows: Sequence[Mapping[str, Any]], now: float) -> list[Standby]:
        """Return the standbys.

        :param rows: dicts with ``name``, ``address``, ``current_lsn`` and ``replay_lsn`` (bytes since 0/0) and
            ``reported_seconds``.
        :param now: seconds of a monotonic clock.
        """
        for row in rows[:1]:
            self._seen.append((now, row["current_lsn"]))
        return [self._standby(row, now) for row in rows]

    def _standby(self, row: Mapping[str, Any], now: float) -> Standby:
        replayed, behind = row["replay_lsn"], max(row["current_lsn"] - row["replay_lsn"], 0)
        oldest = next((seen for seen, position in self._seen if position > replayed), None)
        waited = 0.0 if behind == 0 or oldest is None else now - oldest
        reported = 0.0 if behind == 0 else float(row["reported_seconds"] or 0.0)
        sure = behind == 0 or replayed >= self._seen[0][1]
        name = row["name"] or "standby"
        return Standby(f"{name} ({row['address']})" if row["address"] else name, behind, max(waited, reported), sure)


class Steadiness:
    """Whether every standby has been under the limits for so many looks in a row."""

    def __init__(self, *, max_seconds: float, max_bytes: int | None, looks: int) -> None:
        self.max_seconds = max_seconds
        self.max_bytes = max_bytes
        self.looks = looks
        self.good_looks = 0

    def above(self, standby: Standby) -> bool:
        too_many_bytes = self.max_bytes is not None and standby.lag_bytes > self.max_bytes
        return too_many_bytes or standby.seconds > self.max_seconds

    def reached(self, standbys: Sequence[Standby]) -> bool:
        """Count this look; return whether it has been good for long enough."""
        good = all(standby.sure and not self.above(standby) for standby in standbys)
        self.good_looks = self.good_looks + 1 if good else 0
        return self.good_looks >= self.looks
