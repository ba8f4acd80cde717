"""Rows and indexes of the big tables: whoever finds no more rows to read in builds indexes over those that are there.

Rows first, indexes after them, as pg_restore does; but while the longest stream is still on its way nobody is idle.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cutover.postgres.backup.beside import Beside
from cutover.postgres.backup.crew import together
from cutover.postgres.task import Task

ENTRY = re.compile(r"^\d+; (\d+) (\d+) (?:INDEX|CONSTRAINT) ")
IDLE = 0.05


@dataclass(frozen=True, slots=True)
class Rows:
    """One stream of rows. ``bytes`` says how long it takes; ``tables``: oids of those that are full after it."""

    bytes: int
    work: Callable[[Task], None]
    tables: Sequence[int] = ()


@dataclass(slots=True)
class Filling:
    """All streams, and what is built over each table.

    :ivar build: makes one entry of the main archive's list.
    """

    streams: Sequence[Rows]
    entries: Mapping[int, Sequence[str]]
    build: Callable[[Task, str], None]
    _waiting: list[Rows] = field(default_factory=list)
    _ready: list[str] = field(default_factory=list)
    _running: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, ctx: Task, workers: int) -> None:
        """Do it all, ``workers`` things at a time, the biggest first."""
        self._waiting = sorted(self.streams, key=lambda rows: rows.bytes)
        together(ctx, [self._work] * max(1, workers), workers)

    def _work(self, task: Task) -> None:
        while True:
            task.cancel.check()
            with self._lock:
                rows = self._waiting.pop() if self._waiting else None
                entry = self._ready.pop(0) if rows is None and self._ready else None
                over = rows is None and entry is None and self._running == 0
                self._running += rows is not None
            if rows:
                self._fill(task, rows)
            elif entry:
                self.build(task, entry)
            elif over:
                return
            else:
                task.cancel.wait(IDLE)

    def _fill(self, task: Task, rows: Rows) -> None:
        rows.work(task)
        with self._lock:
            self._ready += [entry for table in rows.tables for entry in self.entries.get(table, ())]
            self._running -= 1


def by_table(entries: Sequence[str], beside: Beside) -> dict[int, list[str]]:
    """Return the entries that can be made as soon as one table is full, by that table's oid."""
    found: dict[int, list[str]] = {}
    for entry in entries:
        named = ENTRY.match(entry)
        table = beside.built.get(f"{named[1]}.{named[2]}") if named else None
        if table is not None:
            found.setdefault(table, []).append(entry)
    return found
