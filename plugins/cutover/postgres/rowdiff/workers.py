"""The workers of one diff: each takes the next part, looks at it in a snapshot of its own, and reports it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cutover.postgres.rowdiff.chunks import KeyRange
from cutover.postgres.rowdiff.look import Look
from cutover.postgres.rowdiff.model import Difference, Key, Kind, Progress
from cutover.postgres.rowdiff.pairs import Part
from cutover.postgres.rowdiff.session import Db, Open, Session
from cutover.postgres.rowdiff.verdict import Tally

if TYPE_CHECKING:
    from cutover.context import CancelToken


class Looker(Protocol):
    """Who compares; each call runs inside the snapshots of a session."""

    def look(self, session: Session, part: Part) -> Look:
        """Compare the rows of one part."""

    def differences(self, session: Session, examples: Sequence[tuple[Kind, Key]]) -> list[Difference]:
        """Name the columns and values of rows that differ."""


class Source(Protocol):
    """Where workers get the next part from; ``None`` ends them."""

    def next(self, db: Db) -> Part | None:
        """Return a part that nobody else gets; runs in the left side's snapshot in which it will be looked at."""

    def took(self, rows: int, seconds: float) -> None:
        """Learn how long a part of so many rows took."""

    def stop(self) -> None:
        """Hand out no more parts."""


class PartList:
    """Parts that are already known, as a :class:`Source`."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = list(reversed(parts))
        self._lock = threading.Lock()

    def next(self, db: Db) -> Part | None:
        with self._lock:
            return self._parts.pop() if self._parts else None

    def took(self, rows: int, seconds: float) -> None:
        """Known parts do not change their size."""

    def stop(self) -> None:
        with self._lock:
            self._parts.clear()


@dataclass(slots=True)
class Workers:
    """The workers of one diff and what they share.

    :ivar open: opens a session for one worker.
    :ivar count: how many work at a time.
    :ivar expected: rows to expect, for ``progress``.
    """

    open: Open
    looker: Looker
    tally: Tally
    count: int
    cancel: CancelToken | None
    progress: Progress | None
    expected: int

    def work(self, source: Source) -> None:
        """Let the workers take parts from ``source`` until it has none; the first error stops all and is raised."""
        with ThreadPoolExecutor(max(1, self.count), thread_name_prefix="rowdiff") as pool:
            for done in [pool.submit(self._worker, source) for _ in range(max(1, self.count))]:
                done.result()

    def look(self, session: Session, part: Part) -> tuple[Look, list[Difference]]:
        """Look at a part and at the values of what differs, as far as they will be listed."""
        look = self.looker.look(session, part)
        wanted = look.examples and self.tally.wants(part)
        return look, self.looker.differences(session, look.examples) if wanted else []

    def wait(self, seconds: float) -> None:
        """Wait, but wake at once when an operator stops the step."""
        if self.cancel:
            self.cancel.wait(seconds)
        else:
            time.sleep(seconds)

    def _worker(self, source: Source) -> None:
        try:
            with self.open() as session:
                while self._next(session, source):
                    if self.cancel:
                        self.cancel.check()
        except BaseException:
            source.stop()
            raise

    def _next(self, session: Session, source: Source) -> bool:
        with session.snapshot():
            part = source.next(session.left)
            if part is None:
                return False
            started = time.monotonic()
            look, found = self.look(session, part)
        self.tally.add(part, look, found)
        source.took(max(look.rows_left, look.rows_right), time.monotonic() - started)
        if self.progress and isinstance(part, KeyRange):
            self.tally.report(self.progress, self.expected)
        return True
