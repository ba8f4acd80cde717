"""The reference client: an application's view of one flag.

    flags = FlagClient(info, "crm_split", application="shop")
    with flags.use() as use:
        if use.writes_old: ...
        if use.writes_new: ...  # always after the old side
        use.check()  # right before COMMIT

What is begun under one version goes on with it to its end, also when the flag changes meanwhile. A version is
acknowledged when nothing is under way any more that was begun before it. An instance that could not renew its lease
does nothing any more: by then others may rely on its being gone.
"""

from __future__ import annotations

import contextlib
import logging
import os
import random
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg

from cutover import points
from cutover.connections import ConnectionInfo
from cutover.errors import CutoverError
from cutover.flags.errors import FlagStoreAway, FlagUnknown
from cutover.flags.flag import Flag
from cutover.flags.rows import CHANNEL, SHARED, beat, read
from cutover.flags.use import Use
from cutover.postgres.connect import connect

log = logging.getLogger("cutover.flags")
LEASE = timedelta(seconds=10)
# Of the lease: so often it is renewed, and so late nothing is begun any more.
RENEW, LATE = 0.2, 0.7
RETRY_SECONDS = 0.2
# One that hangs in the middle of it must not keep the flag from being changed.
IMPATIENT = {"statement_timeout": "5s", "idle_in_transaction_session_timeout": "2s"}


class FlagClient:
    """Follows one migration's flag for as long as it is open; for any number of threads.

    :param info: the store's database. :param application: what people call it. :param instance: its name among its
        like; by default host, process and a random part.
    :param lease: for how long nobody goes on without it after it was heard of last.
    :raises FlagUnknown: there is no such flag. :raises FlagStoreAway: the store cannot be reached.
    """

    def __init__(
        self,
        info: ConnectionInfo,
        migration: str,
        *,
        application: str,
        instance: str | None = None,
        lease: timedelta = LEASE,
    ) -> None:
        self._info, self._migration, self._application, self._lease = info, migration, application, lease
        self.instance = instance or f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
        self._lock, self._over = threading.Lock(), threading.Event()
        self._under_way: Counter[int] = Counter()
        self._acknowledged = 0
        self._renewed = 0.0
        self._first = threading.Event()
        self._flag: Flag | None = None
        self._error: CutoverError | None = None
        self._thread = threading.Thread(target=self._follow, name=f"flags-{migration}", daemon=True)
        self._thread.start()
        self._first.wait(lease.total_seconds())
        if self._flag is None:
            self.close()
            raise self._error or self._away()

    def __enter__(self) -> FlagClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def flag(self) -> Flag:
        """The version under which work would begin now.

        :raises FlagStoreAway: the lease could not be renewed.
        """
        if self._flag is None or time.monotonic() - self._renewed > self._lease.total_seconds() * LATE:
            raise self._away()
        return self._flag

    @contextlib.contextmanager
    def use(self) -> Iterator[Use]:
        """Begin a piece of work: what the flag says now holds for it until its end.

        :raises FlagStoreAway: the lease could not be renewed, so nothing may be begun.
        """
        with self._lock:
            flag = self.flag
            self._under_way[flag.version] += 1
        try:
            yield Use(flag, random.random() * 100 < flag.shadow, lambda: self.flag)
        finally:
            with self._lock:
                self._under_way[flag.version] -= 1
                self._under_way += Counter()  # drops what is zero

    def close(self) -> None:
        """Leave: nobody waits for this instance any more."""
        self._over.set()
        if self._thread is not threading.current_thread():
            self._thread.join(self._lease.total_seconds())

    def _follow(self) -> None:
        while not self._over.is_set():
            try:
                with connect(
                    self._info, application=f"cutover/flags/{self._application}", statement_timeout="5s"
                ) as db:
                    self._listen(db)
            except (CutoverError, psycopg.Error) as error:
                self._error = error if isinstance(error, FlagUnknown) else None
                log.warning("the flag of %s: %s", self._migration, str(error).strip().splitlines()[0])
                if self._flag is None:
                    self._first.set()
                    return
                self._over.wait(RETRY_SECONDS)

    def _listen(self, db: psycopg.Connection[Any]) -> None:
        """Listen before looking, so that no change falls in between."""
        db.execute(f"LISTEN {CHANNEL}".encode())
        while not self._over.is_set():
            self._look(db)
            self._wait(db)
        db.execute(
            "DELETE FROM cutover_flags.instance WHERE migration = %s AND instance = %s",
            (self._migration, self.instance),
        )

    def _look(self, db: psycopg.Connection[Any]) -> None:
        asked_at = time.monotonic()
        with db.transaction():
            db.execute(SHARED, (self._migration,))
            found = read(db, self._migration)
            points.reach("flags.read")
            with self._lock:
                if self._flag is not None and found.version != self._flag.version:
                    log.info("the flag of %s is %s now", self._migration, found)
                self._flag = found
                settled = all(version >= found.version for version in self._under_way)
            if settled:
                self._acknowledged = found.version
            beat(db, self._migration, self.instance, self._application, self._acknowledged, self._lease)
        self._renewed = asked_at  # what the store counts from is later than this
        self._first.set()

    def _wait(self, db: psycopg.Connection[Any]) -> None:
        """Until there is something to tell, or to hear, or the lease has to be renewed."""
        ends = time.monotonic() + self._lease.total_seconds() * RENEW
        while time.monotonic() < ends and not self._over.is_set() and not self._settles():
            for _ in db.notifies(timeout=0.05, stop_after=1):
                return

    def _settles(self) -> bool:
        """Whether the last work from before the version of now has ended."""
        with self._lock:
            flag = self._flag
            return bool(
                flag
                and self._acknowledged < flag.version
                and all(version >= flag.version for version in self._under_way)
            )

    def _away(self) -> FlagStoreAway:
        return FlagStoreAway(
            f"the flag of {self._migration!r} could not be read for {self._lease.total_seconds() * LATE:g} s.",
            fix=f"see that the database {self._info.label()} answers; until then this instance does nothing, because"
            " others may go on without it.",
        )
