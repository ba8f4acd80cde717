"""How fast a backfill may go, moment by moment: the operator's controls, and what the server can bear."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import psycopg

from cutover.context import RunContext
from cutover.journal.records import Control
from cutover.postgres.online import catalog

MOST_ROWS = 200_000
FEWEST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Speed:
    """What applies to the next batch."""

    batch_rows: int | None
    pause: float


class Pace:
    """Watches once a second, in a thread of its own; workers ask :meth:`gate` before each batch.

    An operator's pause and a throttle hold the gate; speed changes are seen within a second.
    """

    def __init__(self, ctx: RunContext, workers: int) -> None:
        self._ctx = ctx
        self._open = threading.Event()
        self._open.set()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.workers = self._planned = workers
        self.reason: str | None = None
        self._speed = Speed(None, ctx.spec.backfill.pause.total_seconds())
        self._thread = threading.Thread(target=self._watch, name="cutover-pace", daemon=True)

    def __enter__(self) -> Pace:
        # What was set before the first batch holds for the first batch.
        if self._obey(self._ctx.journal.control(self._ctx.run_id)):
            self._open.clear()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._open.set()
        self._thread.join(timeout=10)

    def gate(self) -> Speed:
        """Wait while paused or throttled; return the speed to go on with.

        :raises Cancelled: an operator stopped the task.
        """
        while not self._open.wait(0.2):
            self._ctx.cancel.check()
        self._ctx.cancel.check()
        return self._speed

    def _watch(self) -> None:
        try:
            with self._ctx.source("backfill-pace", statement_timeout="5s", search_path="public") as db:
                while not self._stop.wait(1.0):
                    self._look(db)
        except Exception as error:
            # Blind is no reason to stop copying: workers notice a lost server by themselves.
            self._ctx.log.warning("pace: watching ended: %s", error)
            self._open.set()

    def _look(self, db: psycopg.Connection[Any]) -> None:
        reason = self._obey(self._ctx.journal.control(self._ctx.run_id)) or self._throttle(db)
        if reason != self.reason:
            self._ctx.log.info("backfill %s", f"waits: {reason}" if reason else "goes on")
            self._ctx.journal.event(self._ctx.run_id, "backfill", f"waits: {reason}" if reason else "goes on")
        self.reason = reason
        (self._open.clear if reason else self._open.set)()

    def _obey(self, control: Control) -> str | None:
        """Take over the operator's speed; return the reason to wait, if he paused it."""
        self.workers = control.workers or self._planned
        pause = control.pause_seconds
        self._speed = Speed(
            control.batch_rows, self._ctx.spec.backfill.pause.total_seconds() if pause is None else pause
        )
        return "paused by an operator" if control.paused else None

    def _throttle(self, db: psycopg.Connection[Any]) -> str | None:
        limits = self._ctx.spec.backfill
        load = catalog.rows(db, "load")[0]
        if load["standby_seconds"] > limits.max_lag.total_seconds():
            return f"a standby is {load['standby_seconds']:.1f} s behind (max_lag {limits.max_lag.total_seconds():g} s)"
        if load["lock_waits"] > limits.max_lock_waits:
            return f"{load['lock_waits']} sessions wait for locks (max_lock_waits {limits.max_lock_waits})"
        if limits.max_active is not None and load["active"] > limits.max_active:
            return f"{load['active']} sessions are active (max_active {limits.max_active})"
        return self._asked(db)

    def _asked(self, db: psycopg.Connection[Any]) -> str | None:
        """The spec's own query: throttle while it returns true or a number above zero."""
        query = self._ctx.spec.text(self._ctx.spec.backfill.throttle_query)
        if not query:
            return None
        try:
            row = db.execute(query.encode()).fetchone()
        except psycopg.errors.ProgrammingError as error:
            # Going on would be to ignore a limit that somebody set.
            return f"throttle_query fails: {error.diag.message_primary}"
        return f"throttle_query says {row[0]}" if row and row[0] else None


class BatchSize:
    """Adapts a worker's batch to the spec's target time, by at most a factor of two a batch."""

    def __init__(self, start: int, target: float) -> None:
        self._target = target
        self.rows = start

    def learn(self, rows: int, seconds: float) -> None:
        """Take in how long ``rows`` rows took."""
        if rows <= 0 or seconds <= 0:
            return
        wanted = rows * self._target / seconds
        self.rows = int(max(FEWEST_ROWS, self.rows / 2, min(MOST_ROWS, self.rows * 2, wanted)))
