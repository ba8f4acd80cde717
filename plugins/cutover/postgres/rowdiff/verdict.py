"""Gather what the looks showed into one verdict, with bounded memory, from any number of threads."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence

from cutover.postgres.rowdiff.chunks import KeyRange
from cutover.postgres.rowdiff.look import Look
from cutover.postgres.rowdiff.model import Difference, Key, Progress, RowDiff
from cutover.postgres.rowdiff.pairs import Part

# Keys in flight are remembered one by one up to these numbers; beyond, their whole range is looked at again.
KEYS_PER_LOOK = 1_000
KEYS_REMEMBERED = 100_000


class Tally:
    """The sum of all looks. Every part counts once: at the look that decided it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._differences: list[tuple[int, Difference]] = []
        self._totals: Counter[str] = Counter()
        self._columns: Counter[str] = Counter()
        self._keys: list[Key] = []
        self._ranges: list[tuple[KeyRange, Look, list[Difference]]] = []
        self._again = 0
        self.rows_left = 0
        self.rows_right = 0
        self.chunks = 0

    def wants(self, part: Part) -> bool:
        """Tell whether a difference found in ``part`` could still be among those listed."""
        with self._lock:
            return len(self._differences) < self._limit or _order(part) < self._differences[-1][0]

    def add(self, part: Part, look: Look, found: Sequence[Difference]) -> None:
        """Count a look, or keep what was in flight for another one."""
        with self._lock:
            if isinstance(part, KeyRange) and self._too_many(look):
                self._again += look.in_flight
                self._ranges.append((part, look, list(found)))
                return
            if isinstance(part, KeyRange):
                self._again += look.in_flight
            self._keys.extend(look.in_flight_keys)
            self._count(part, look, found)

    def take_again(self) -> list[Part]:
        """Take the parts that have to be looked at again: key ranges, and lists of keys."""
        with self._lock:
            keys = [self._keys[n : n + KEYS_PER_LOOK] for n in range(0, len(self._keys), KEYS_PER_LOOK)]
            parts: list[Part] = [*(part for part, _, _ in self._ranges), *keys]
            self._keys, self._ranges = [], []
            return parts

    def report(self, progress: Progress, expected: int) -> None:
        """Tell how many rows are done, one caller at a time."""
        with self._lock:
            done = max(self.rows_left, self.rows_right)
            progress(done, max(done, expected))

    @property
    def undecided(self) -> int:
        """Keys that were in flight at their last look."""
        with self._lock:
            return len(self._keys) + sum(look.in_flight for _, look, _ in self._ranges)

    def verdict(self, names: Sequence[str], seconds: float) -> RowDiff:
        """Return the result; what is undecided by now stays so, but counts for what is certain about it."""
        undecided = self.undecided
        with self._lock:
            keys = [*self._keys, *(key for _, look, _ in self._ranges for key in look.in_flight_keys)][: self._limit]
            for part, look, found in self._ranges:
                self._count(part, look, found)
            return RowDiff(
                rows_left=self.rows_left,
                rows_right=self.rows_right,
                changed=self._totals["changed"],
                missing_right=self._totals["missing_right"],
                missing_left=self._totals["missing_left"],
                undecided=undecided,
                undecided_keys=tuple(dict(zip(names, key, strict=True)) for key in keys),
                columns=dict(self._columns),
                differences=tuple(one for _, one in self._differences),
                looked_again=self._again,
                chunks=self.chunks,
                seconds=seconds,
            )

    def _too_many(self, look: Look) -> bool:
        remembered = len(self._keys) + look.in_flight
        return look.in_flight > len(look.in_flight_keys) or remembered > KEYS_REMEMBERED

    def _count(self, part: Part, look: Look, found: Sequence[Difference]) -> None:
        if isinstance(part, KeyRange):
            self.rows_left += look.rows_left
            self.rows_right += look.rows_right
            self.chunks += 1
        self._totals.update(look.totals)
        self._columns.update(look.columns)
        if found:
            self._differences.extend((_order(part), one) for one in found)
            self._differences.sort(key=lambda pair: pair[0])
            del self._differences[self._limit :]


def _order(part: Part) -> int:
    """Differences are listed by key: by range, and those decided later behind all ranges."""
    return part.number if isinstance(part, KeyRange) else 1 << 62
