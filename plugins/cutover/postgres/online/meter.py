"""Progress with rate and ETA, told to the journal about once a second, to the log about every ten."""

from __future__ import annotations

import threading
import time

from cutover.postgres.task import Task


class Meter:
    """Counts one item's work; thread-safe.

    :param total: an estimate; it grows when the work turns out to be more.
    :param unit: of what is counted, for the log.
    """

    def __init__(self, ctx: Task, step: str, item: str, total: int, *, done: int = 0, unit: str = "rows") -> None:
        self._ctx, self._step, self._item, self._unit = ctx, step, item, unit
        self._total, self._done = total, done
        self._lock = threading.Lock()
        self._began = self._told = self._logged = time.monotonic()
        self._first = done

    def add(self, count: int) -> None:
        """Count work that is committed."""
        with self._lock:
            self._done += count
            now = time.monotonic()
            if now - self._told < 1.0:
                return
            self._told = now
        self._tell(now)

    def at(self, done: int, total: int) -> None:
        """Say where the work is, for work that counts by itself."""
        with self._lock:
            self._total = total
            more = done - self._done
        self.add(more)

    def reached(self, done: int) -> None:
        """Say how much is done, of what was expected."""
        self.at(done, self._total)

    def finish(self, done: int) -> None:
        """Tell that all is done, with the exact count."""
        with self._lock:
            self._done = self._total = done
        self._tell(time.monotonic())

    def _tell(self, now: float) -> None:
        rate = (self._done - self._first) / max(now - self._began, 1e-3)
        total = max(self._total, self._done)
        eta = (total - self._done) / rate if rate > 0 else None
        self._ctx.journal.progress(
            self._ctx.run_id, self._step, self._item, self._done, total, rate=rate, eta_seconds=eta
        )
        if now - self._logged >= 10 or self._done == total:
            self._logged = now
            left = "" if eta is None else f", {eta:.0f} s left"
            text = f"{self._done} of about {total} {self._unit}, {rate:.0f} {self._unit}/s{left}"
            self._ctx.log.info("%s %s: %s", self._step, self._item, text)
