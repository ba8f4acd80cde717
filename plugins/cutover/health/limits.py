"""From when on something is worth a word. Shares are of 1, times seconds, sizes bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """:ivar backup_age: of the last whole backup or rollback point of a database that a migration needs one of.
    :ivar rehearsal_age: of the last good rehearsal of a migration that is planned.

    :ivar xid_age: transactions until a server has to stop, which it does at two thousand million.
    """

    latency: float = 1.0
    connections: float = 0.8
    transaction: float = 3600.0
    standby_lag: float = 60.0
    slot_bytes: int = 20 << 30
    xid_age: int = 1_000_000_000
    backup_age: timedelta = timedelta(days=2)
    rehearsal_age: timedelta = timedelta(days=3)
    patience: float = 10.0
