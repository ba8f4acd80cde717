"""The thread of a client that follows the store: it listens, renews the lease, and tells what shadow reads found."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from typing import Any

import psycopg

from cutover import points
from cutover.connections import ConnectionInfo
from cutover.errors import CutoverError
from cutover.flags.buffer import Buffer
from cutover.flags.errors import FlagStoreAway, FlagUnknown
from cutover.flags.rows import CHANNEL, SHARED, beat, read
from cutover.flags.standing import Standing
from cutover.flags.writing import record
from cutover.postgres.connect import connect

log = logging.getLogger("cutover.flags")
RETRY_SECONDS = 0.2
# How often is looked, while listening, whether the client is closed; and whether the last work has ended, for which
# somebody waits while nobody may write.
LISTEN_SECONDS, PENDING_SECONDS = 0.05, 0.005
# A statement that hangs must not cost the lease, nor keep the flag from being changed.
SETTINGS: dict[str, Any] = {
    "statement_timeout": "5s",
    "idle_in_transaction_session_timeout": "2s",
    "row_security": "on",
}
# Of the lease: for so long a batch of what shadow reads found may take, and all that is left at the end.
TELLING, FAREWELL = 0.1, 0.8


class Follower:
    """Follows one flag for one instance, from :meth:`start` to :meth:`stop`."""

    def __init__(
        self,
        info: ConnectionInfo,
        migration: str,
        instance: str,
        application: str,
        lease: timedelta,
        standing: Standing,
        buffer: Buffer,
    ) -> None:
        self._info, self._migration, self._lease = info, migration, lease
        self._instance, self._application = instance, application
        self._standing, self._buffer = standing, buffer
        self._over, self._first = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"flags-{migration}", daemon=True)
        self.error: CutoverError | None = None

    def start(self) -> None:
        """Return when the flag is known, or cannot be."""
        self._thread.start()
        self._first.wait(self._lease.total_seconds())

    def stop(self) -> None:
        """Tell what is left to tell, and take the instance out."""
        self._over.set()
        if self._thread is not threading.current_thread():
            self._thread.join(self._lease.total_seconds())

    def _follow(self) -> None:
        while True:
            last = self._over.is_set()
            try:
                with connect(self._info, application=f"cutover/flags/{self._application}", **SETTINGS) as db:
                    self._listen(db)
                return
            except (CutoverError, psycopg.Error) as error:
                self.error = _told(error, self._info)
                log.warning("the flag of %s: %s", self._migration, str(error).strip().splitlines()[0])
            if last or not self._standing.known:
                self._first.set()
                return
            self._over.wait(RETRY_SECONDS)

    def _listen(self, db: psycopg.Connection[Any]) -> None:
        """Listen before looking, so that no change falls in between."""
        db.execute(f"LISTEN {CHANNEL}".encode())
        while not self._over.is_set():
            self._look(db)
            # One batch between two looks: somebody may be about to hold the flag, and wait for an answer.
            if self._standing.held or not self._tell(db):
                self._wait(db)
        ends = time.monotonic() + self._lease.total_seconds() * FAREWELL
        while self._tell(db) and time.monotonic() < ends:
            pass
        db.execute(
            "DELETE FROM cutover_flags.instance WHERE migration = %s AND instance = %s",
            (self._migration, self._instance),
        )

    def _look(self, db: psycopg.Connection[Any]) -> None:
        asked_at = time.monotonic()
        with db.transaction():
            db.execute(SHARED, (self._migration,))
            found = read(db, self._migration)
            points.reach("flags.read")
            acknowledged = self._standing.learn(found)
            beat(db, self._migration, self._instance, self._application, acknowledged, self._lease)
        self._standing.renewed(asked_at)
        self._first.set()

    def _tell(self, db: psycopg.Connection[Any]) -> bool:
        """Write what shadow reads have found; return whether that went well and there is more.

        Where it fails it is kept: the lease matters more.
        """
        batch = self._buffer.batch()
        if batch is None:
            return False
        try:
            record(db, self._migration, self._instance, batch, self._lease.total_seconds() * TELLING)
        except psycopg.Error as error:
            if db.closed:
                raise
            log.warning("shadow reads of %s: %s", self._migration, str(error).strip().splitlines()[0])
            return False
        self._buffer.written(batch)
        return self._buffer.batch() is not None

    def _wait(self, db: psycopg.Connection[Any]) -> None:
        """Until there is something to acknowledge, or to hear, or the lease has to be renewed, or a hold ends."""
        while not self._over.is_set() and not self._standing.settles():
            left = self._standing.look_again - time.monotonic()
            if left <= 0:
                return
            pause = PENDING_SECONDS if self._standing.pending else LISTEN_SECONDS
            for _ in db.notifies(timeout=min(left, pause), stop_after=1):
                return


def _told(error: Exception, info: ConnectionInfo) -> CutoverError | None:
    """Return what a client that cannot begin says, where that is more than that the store is away."""
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return FlagStoreAway(
            f"the login {info.user!r} may not follow flags in {info.label()}: {str(error).strip().splitlines()[0]}",
            fix="make it a member of cutover_flags, see include/sql/roles/flags.sql; an instance that another login"
            " has made needs another name.",
        )
    return error if isinstance(error, FlagUnknown) else None
