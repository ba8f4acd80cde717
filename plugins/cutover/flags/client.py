"""The reference client: an application's view of one flag.

    flags = FlagClient(info, "crm_split", application="shop")
    with flags.use() as use:
        if use.writes_old: ...
        if use.writes_new: ...  # always after the old side
        use.check()  # right before COMMIT

What is begun under one version goes on with it to its end, also when the flag changes meanwhile. A version is
acknowledged when nothing is under way any more that was begun before it. While a version is held, nothing is begun but
reading. An instance that could not renew its lease does nothing any more: by then others may rely on its being gone.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import uuid
from collections.abc import Iterator
from datetime import timedelta

from cutover.connections import ConnectionInfo
from cutover.flags.buffer import Buffer
from cutover.flags.flag import Flag
from cutover.flags.following import Follower
from cutover.flags.standing import Standing
from cutover.flags.use import Use

LEASE = timedelta(seconds=10)


class FlagClient:
    """Follows one migration's flag for as long as it is open; for any number of threads.

    :param info: the store's database. :param application: what people call it. :param instance: its name among its
        like; by default host, process and a random part.
    :param lease: for how long nobody goes on without it after it was heard of last.
    :param lag: where the new side follows by replication: so far it may be behind, for comparing answers.
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
        lag: timedelta = timedelta(),
    ) -> None:
        self._lag = lag.total_seconds()
        self.instance = instance or f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
        self._standing, self._buffer = Standing(migration, info.label(), lease), Buffer()
        self._follower = Follower(info, migration, self.instance, application, lease, self._standing, self._buffer)
        self._follower.start()
        if not self._standing.known:
            self.close()
            raise self._follower.error or self._standing.away()

    def __enter__(self) -> FlagClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def flag(self) -> Flag:
        """The version under which work would begin now.

        :raises FlagStoreAway: the lease could not be renewed, or the client was closed.
        """
        return self._standing.flag

    @contextlib.contextmanager
    def use(self, *, reads_only: bool = False, timeout: float | None = None) -> Iterator[Use]:
        """Begin a piece of work: what the flag says now holds for it until its end. While the flag is held, wait.

        :param reads_only: it writes nothing; such work never waits.
        :param timeout: seconds to wait at most; by default until the hold ends.
        :raises FlagStoreAway: the lease could not be renewed, or the client was closed: nothing may be begun.
        :raises StillHeld: the time is over.
        """
        flag = self._standing.begin(reads_only=reads_only, timeout=timeout)
        try:
            shadow = random.random() * 100 < flag.shadow
            yield Use(flag, shadow, lambda: self._standing.flag, self._buffer.add, reads_only, self._lag)
        finally:
            self._standing.end(flag)

    def close(self) -> None:
        """Leave: nobody waits for this instance any more, and nothing is begun or committed in its name."""
        self._standing.leave()
        self._follower.stop()
