"""A flag, and the instances of applications that follow it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from cutover.flags.mode import Mode

# Shares have two places after the point.
BUCKETS = 10_000


@dataclass(frozen=True, slots=True)
class Flag:
    """One version of a flag.

    :ivar read_new: percent of reads that go to the new side, where the mode reads it.
    :ivar shadow: percent of reads of which both sides are asked, to compare their answers.
    :ivar held_until: by the server's clock; until then no instance begins anything but reading.
    :ivar held_for: seconds that were left of it when it was read; 0 where it is not held, or not any more.
    """

    migration: str
    mode: Mode
    read_new: float
    shadow: float
    version: int
    changed_at: datetime
    changed_by: str | None = None
    note: str | None = None
    held_until: datetime | None = None
    held_for: float = field(default=0.0, compare=False)

    def reads_new(self, key: object) -> bool:
        """Whether whatever ``key`` names is read from the new side: the same answer each time, in every process."""
        if self.mode is not Mode.DUAL_WRITE_READ_NEW:
            return self.mode is Mode.NEW_ONLY
        return bucket(self.migration, key) < round(self.read_new * BUCKETS / 100)

    def __str__(self) -> str:
        share = f", {self.read_new:g} % of reads" if self.mode is Mode.DUAL_WRITE_READ_NEW else ""
        held = f", held for {self.held_for:.3g} s more" if self.held_for else ""
        return f"{self.mode}{share} (version {self.version}{held})"


@dataclass(frozen=True, slots=True)
class Instance:
    """A process of an application.

    :ivar acknowledged: the version with which all of its work under way agrees.
    :ivar excused: up to this version an operator answers for it. :ivar alive: its lease has not run out.
    """

    instance: str
    application: str
    acknowledged: int
    excused: int
    excused_by: str | None
    began_at: datetime
    seen_at: datetime
    alive: bool

    def keeps_waiting(self, version: int) -> bool:
        """Whether ``version`` has to wait for it."""
        return self.alive and max(self.acknowledged, self.excused) < version


def bucket(migration: str, key: object) -> int:
    """Return a number below :data:`BUCKETS` for a key: evenly spread, the same on every machine."""
    digest = hashlib.sha256(f"{migration}\0{key}".encode()).digest()
    return int.from_bytes(digest[:8]) % BUCKETS
