"""Which tables go into which archive: one with the schema and everything small, and a few with the big tables."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from cutover.postgres.backup.snapshot import Table

# A table below this is not worth a program of its own to read the catalog for it.
BIG = 1 << 20
# Streams for each worker: enough to keep all busy to the end, few enough that reading the catalog does not matter.
EACH = 3
# All names on one command line; the kernel takes about two million bytes.
NAMES_BYTES = 600_000


@dataclass(frozen=True, slots=True)
class Stream:
    """The tables of one archive, the biggest first."""

    tables: tuple[Table, ...]

    @property
    def bytes(self) -> int:
        return sum(table.bytes for table in self.tables)


def plan(tables: Sequence[Table], workers: int) -> list[Stream]:
    """Group the big tables into streams of about the same size, the biggest first; the others are left to the main."""
    big = _fitting(sorted((table for table in tables if table.bytes >= BIG), key=lambda table: -table.bytes))
    count = min(len(big), max(1, workers) * EACH)
    if not count:
        return []
    bins: list[tuple[int, int, list[Table]]] = [(0, number, []) for number in range(count)]
    for table in big:  # each into the emptiest
        size, number, found = heapq.heappop(bins)
        heapq.heappush(bins, (size + table.bytes, number, [*found, table]))
    return sorted((Stream(tuple(found)) for _, _, found in bins), key=lambda stream: -stream.bytes)


def pattern(table: Table) -> str:
    """Return the pattern that matches this table and no other."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in (table.schema, table.name))


def _fitting(tables: Sequence[Table]) -> list[Table]:
    """Return as many of them, in their order, as fit onto a command line."""
    found, length = [], 0
    for table in tables:
        length += len(pattern(table).encode()) + 24
        if length > NAMES_BYTES:
            break
        found.append(table)
    return found
