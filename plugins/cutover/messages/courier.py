"""Carry messages beside a running step: a channel that is slow or down never holds up a migration."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Protocol

from cutover.errors import CutoverError
from cutover.journal.store import Journal
from cutover.messages.errors import ChannelFailed

TICK_SECONDS = 2.0
PAUSE_AFTER_FAILURE = 15.0


class Load(Protocol):
    """What a courier carries: the run's thread, or its announcements to one audience."""

    journal: Journal
    run_id: str
    log: logging.Logger

    def flush(self) -> None:
        """Send what is due. :raises ChannelFailed: the channel did not take something; call again later."""


class Couriers:
    """Several couriers for one block: a slow one delays neither the others nor, by more than one grace, the end."""

    def __init__(self, loads: Iterable[Load], *, grace: float = 1.0) -> None:
        self.grace = grace
        self._all = [Courier(load, grace=grace) for load in loads]

    def __enter__(self) -> Couriers:
        for courier in self._all:
            courier.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ends = time.monotonic() + self.grace
        for courier in self._all:
            courier.stop()
        for courier in self._all:
            courier.join(max(ends - time.monotonic(), 0.0))


class Courier:
    """A thread that flushes one :class:`Load` every few seconds while the block runs.

    :param grace: seconds for which leaving the block waits for the last messages, at most; none when the
        channel did not answer the last time. What is left over, the next courier of the run sends.
    """

    def __init__(self, outbox: Load, *, grace: float = 1.0, tick: float = TICK_SECONDS) -> None:
        self.outbox = outbox
        self.grace = grace
        self.tick = tick
        self.failures = 0
        self._quiet_until = 0.0
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._carry, name="cutover-courier", daemon=True)
        self.log: logging.Logger = outbox.log

    def __enter__(self) -> Courier:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.join(self.grace)

    def stop(self) -> None:
        """Let the thread send what is left, and end."""
        self._stopped.set()
        self._wake.set()

    def join(self, seconds: float) -> None:
        """Wait for its end: a channel that failed gets its last try, but nobody waits for it."""
        self._thread.join(seconds if self.failures == 0 else min(seconds, 0.1))

    def hurry(self) -> None:
        """Flush now instead of at the next tick."""
        self._wake.set()

    def _carry(self) -> None:
        while not self._stopped.is_set():
            self._flush()
            self._wake.wait(self.tick)
            self._wake.clear()
        if time.monotonic() >= self._quiet_until:
            self._flush()

    def _flush(self) -> None:
        if time.monotonic() < self._quiet_until:
            return
        try:
            self.outbox.flush()
        except Exception as error:
            # Whatever goes wrong here is told and goes no further: messages are never a reason to stop.
            self.failures += 1
            self._quiet_until = time.monotonic() + (getattr(error, "retry_after", None) or PAUSE_AFTER_FAILURE)
            self._tell(error)

    def _tell(self, error: Exception) -> None:
        if self.failures > 1:
            return
        self.log.warning("the migration goes on without its messages for now: %s", error)
        if isinstance(error, ChannelFailed):
            try:
                self.outbox.journal.event(self.outbox.run_id, "message_failed", error.what)
            except CutoverError as second:
                self.log.warning("and the journal could not be told: %s", second)
