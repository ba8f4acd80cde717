"""What the demo and its writer processes tell each other while they run: a few numbers in shared memory."""

from __future__ import annotations

from dataclasses import dataclass
from multiprocessing.context import SpawnContext
from typing import Any

COMMITTED, FAILED, LAST_COMMIT, WORST, RELEASE, READY = range(6)
FIELDS = 6


@dataclass(slots=True)
class Signals:
    """Shared by all writers: the shop's ``release``, and per writer a row of counters.

    No locks: each number has one process that writes it, and a killed writer must not take a lock with it.

    LAST_COMMIT is in monotonic nanoseconds, WORST (the slowest transaction so far) in nanoseconds; RELEASE is the
    release that the writer is working with; READY turns 1 when it has read its orders.
    """

    release: Any
    counters: Any

    @classmethod
    def make(cls, context: SpawnContext, writers: int) -> Signals:
        return cls(context.Value("i", 1, lock=False), context.Array("q", writers * FIELDS, lock=False))

    def get(self, writer: int, field: int) -> int:
        return int(self.counters[writer * FIELDS + field])

    def set(self, writer: int, field: int, value: int) -> None:
        self.counters[writer * FIELDS + field] = value

    def every(self, field: int) -> list[int]:
        return [int(value) for value in self.counters[field::FIELDS]]
