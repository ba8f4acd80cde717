"""What shadow reads have found and the store does not know yet. Adding costs no more than a lock."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from cutover.flags.comparing import Difference, told

# So many differences are kept until they are written; beyond that they are counted only.
ROOM = 1000
AT_ONCE = 100
# It is part of a key in the store.
LONGEST_WHAT = 200


@dataclass(frozen=True, slots=True)
class Batch:
    """What is written in one transaction.

    :ivar number: grows by one; the same batch keeps its number however often it is sent.
    :ivar counts: for each ``what`` reads and mismatches.
    """

    number: int
    counts: dict[str, tuple[int, int]]
    differences: tuple[Difference, ...]


class Buffer:
    """For any number of threads that add, and one that writes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, int]] = {}
        self._differences: list[Difference] = []
        self._sent: Batch | None = None
        self._number = 0

    def add(self, what: str, difference: Difference | None) -> None:
        """Count one comparison; None where the answers were the same."""
        what = told(what, plain=True)[:LONGEST_WHAT]
        with self._lock:
            reads, mismatches = self._counts.get(what, (0, 0))
            self._counts[what] = (reads + 1, mismatches + (difference is not None))
            kept = len(self._differences) + (len(self._sent.differences) if self._sent else 0)
            if difference and kept < ROOM:
                self._differences.append(difference)

    def batch(self) -> Batch | None:
        """Return what is to be written next: the same until :meth:`written`; None where there is nothing."""
        with self._lock:
            if self._sent is None and (self._counts or self._differences):
                self._number += 1
                self._sent = Batch(self._number, self._counts, tuple(self._differences[:AT_ONCE]))
                self._counts, self._differences = {}, self._differences[AT_ONCE:]
            return self._sent

    def written(self, batch: Batch) -> None:
        """The store has it."""
        with self._lock:
            if self._sent is batch:
                self._sent = None
