"""How the two ends of a flow are: what its slot keeps on one server, whether anybody applies it on the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from psycopg.rows import class_row

from cutover import sqlfiles
from cutover.context import Db

ERRORS = "apply_error_count"


@dataclass(frozen=True, slots=True)
class Slot:
    """A replication slot.

    :ivar kept_bytes: WAL that the server must keep for it; ``None`` once the slot is lost.
    :ivar behind_bytes: WAL written since the position that the follower has confirmed.
    :ivar safe_wal_size: bytes until the server gives the slot up; ``None`` where it never does.
    """

    active: bool
    active_pid: int | None
    wal_status: str | None
    safe_wal_size: int | None
    kept_bytes: int | None
    behind_bytes: int | None
    invalidated: str | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription on the side that follows.

    :ivar pid: the apply worker; ``None`` while there is none.
    :ivar counters: ``apply_error_count``, and from PostgreSQL 18 on a ``confl_*`` for each kind of conflict.
    """

    enabled: bool
    pid: int | None
    counters: Mapping[str, int] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        """How often applying failed so far; each failure is tried again from the same transaction."""
        return self.counters.get(ERRORS, 0)

    @property
    def conflicts(self) -> dict[str, int]:
        """Conflicts met so far, by kind; those that never happened are left out."""
        return {name: count for name, count in self.counters.items() if name != ERRORS and count}


def slot(db: Db, name: str) -> Slot | None:
    """Return a slot of this server; ``None`` where there is no such slot."""
    with db.cursor(row_factory=class_row(Slot)) as cursor:
        return cursor.execute(sqlfiles.text("blue_green/slot_health"), {"name": name}).fetchone()  # type: ignore[arg-type]


def subscription(db: Db, name: str) -> Subscription | None:
    """Return a subscription of this database; ``None`` where there is no such subscription."""
    with db.cursor(row_factory=class_row(Subscription)) as cursor:
        found = cursor.execute(sqlfiles.text("blue_green/subscription_health"), {"name": name})  # type: ignore[arg-type]
        return found.fetchone()
