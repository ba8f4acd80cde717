"""What every step of a run is handed: the run's id, spec, journal, connections, and a way to be stopped."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import TransactionStatus

from cutover import recording
from cutover.connections import ConnectionInfo, Resolver
from cutover.errors import Cancelled, TargetMissing
from cutover.postgres.connect import connect

if TYPE_CHECKING:
    from cutover.journal.store import Journal
    from cutover.spec.models import Migration

Db = psycopg.Connection[Any]
# For so long a statement may begin that was about to when the step was stopped.
CATCH_SECONDS = 1.0


class CancelToken:
    """Stops a step from another thread or a signal handler: cancels what its connections are running."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._connections: set[psycopg.Connection[Any]] = set()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def cancel(self) -> None:
        """Set the flag and cancel every statement in flight on the server, and one that is about to be sent.

        Returns within seconds.
        """
        self._event.set()
        with self._lock:
            running, callbacks = list(self._connections), list(self._callbacks)
        for callback in callbacks:
            with contextlib.suppress(OSError):
                callback()
        resting = [connection for connection in running if not _active(connection)]
        for connection in running:
            _cancel(connection)
        self._catch(resting)
        with self._lock:
            stubborn = [connection for connection in running if connection in self._connections]
        for connection in [each for each in stubborn if _active(each)]:
            _cancel(connection)  # the request overtook the statement that it was meant for

    def _catch(self, resting: list[psycopg.Connection[Any]]) -> None:
        """Cancel what begins just now: a request that comes between two statements is lost on the server."""
        ends = time.monotonic() + CATCH_SECONDS
        while resting and time.monotonic() < ends:
            time.sleep(0.05)
            with self._lock:
                resting = [connection for connection in resting if connection in self._connections]
            for connection in [each for each in resting if _active(each)]:
                _cancel(connection)
                resting.remove(connection)

    def check(self) -> None:
        """:raises Cancelled: an operator stopped the step."""
        if self._event.is_set():
            raise Cancelled("stopped by the operator.")

    def wait(self, seconds: float) -> None:
        """Wait, but wake at once and raise :class:`Cancelled` when stopped."""
        if self._event.wait(seconds):
            self.check()

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have ``callback`` called when the step is stopped; return what takes that back."""
        with self._lock:
            self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    @contextlib.contextmanager
    def watch(self, connection: psycopg.Connection[Any]) -> Iterator[None]:
        """Let :meth:`cancel` reach ``connection`` while the block runs."""
        with self._lock:
            self._connections.add(connection)
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._connections.discard(connection)


def _active(connection: psycopg.Connection[Any]) -> bool:
    return connection.info.transaction_status == TransactionStatus.ACTIVE


def _cancel(connection: psycopg.Connection[Any]) -> None:
    with contextlib.suppress(psycopg.Error, OSError):
        connection.cancel_safe(timeout=2)


@dataclass(slots=True)
class RunContext:
    """One run, as the engine sees it. Holds no open connection of its own but the journal's."""

    run_id: str
    spec: Migration
    journal: Journal
    resolve: Resolver
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("cutover"))
    cancel: CancelToken = field(default_factory=CancelToken)

    @property
    def source_info(self) -> ConnectionInfo:
        return self.resolve(self.spec.source)

    @property
    def target_info(self) -> ConnectionInfo:
        """:raises TargetMissing: the spec stays in one database."""
        if self.spec.target is None:
            raise TargetMissing(
                f"migration {self.spec.name!r} names no target.", fix="add target: <connection id> to its spec."
            )
        return self.resolve(self.spec.target)

    def source(self, step: str, *, autocommit: bool = True, **settings: str) -> AbstractContextManager[Db]:
        """Open a watched connection to the source; see :meth:`open`."""
        return self.open(self.source_info, step, autocommit=autocommit, **settings)

    def target(self, step: str, *, autocommit: bool = True, **settings: str) -> AbstractContextManager[Db]:
        """Open a watched connection to the target; see :meth:`open`."""
        return self.open(self.target_info, step, autocommit=autocommit, **settings)

    @contextlib.contextmanager
    def open(self, info: ConnectionInfo, step: str, *, autocommit: bool = True, **settings: str) -> Iterator[Db]:
        """Open a watched connection; a cancelled statement surfaces as :class:`Cancelled`.

        :param step: shown in ``application_name`` as ``cutover/<run>/<step>``.
        :param settings: further server settings for the session (``lock_timeout="1s"``).
        """
        name, record = f"cutover/{self.run_id}/{step}", recording.of(self.run_id)
        with watched(self.cancel, info, name, autocommit=autocommit, record=record, **settings) as db:
            yield db


@contextlib.contextmanager
def watched(
    cancel: CancelToken,
    info: ConnectionInfo,
    application: str,
    *,
    autocommit: bool = True,
    record: recording.Recorder | None = None,
    **settings: str,
) -> Iterator[Db]:
    """Open a connection whose statements ``cancel`` ends; such an end surfaces as :class:`Cancelled`."""
    with connect(info, application=application, autocommit=autocommit, record=record, **settings) as db:
        try:
            with cancel.watch(db):
                yield db
        except psycopg.errors.QueryCanceled:
            cancel.check()
            raise
