"""What a client knows and has under way: which version holds, whether anything may be begun, what can be acknowledged.

A hold is over when the store has said so, in a look under the lock that a change takes: not when a clock of this
machine thinks so. A change that was let through in the last instant of a hold is committed before such a look, which
then finds it. So nobody who has waited begins under a version from which somebody else has gone on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from datetime import timedelta

from cutover.flags.errors import FlagStoreAway, StillHeld
from cutover.flags.flag import Flag

log = logging.getLogger("cutover.flags")
# Of the lease: so often it is renewed, and so late nothing is begun any more.
RENEW, LATE = 0.2, 0.7


class Standing:
    """For any number of threads that work, and one that follows the store.

    :param where: the store, for messages.
    """

    def __init__(self, migration: str, where: str, lease: timedelta) -> None:
        self._migration, self._where, self._lease = migration, where, lease.total_seconds()
        self._changed = threading.Condition()
        self._under_way: Counter[int] = Counter()
        self._flag: Flag | None = None
        self._looked = self._renewed = 0.0
        self._acknowledged = 0
        self._left = False

    @property
    def known(self) -> bool:
        """Whether the instance was ever known to the store: whether there is a lease to renew."""
        return self._renewed > 0

    @property
    def flag(self) -> Flag:
        """:raises FlagStoreAway: the lease could not be renewed, or the client was closed."""
        if self._left:
            raise FlagStoreAway(
                f"the client of the flag of {self._migration!r} is closed.", fix="begin work before it is closed."
            )
        if self._flag is None or time.monotonic() - self._renewed > self._lease * LATE:
            raise self.away()
        return self._flag

    def begin(self, *, reads_only: bool, timeout: float | None) -> Flag:
        """Count a piece of work in, under the version of now; wait where that is held.

        :raises FlagStoreAway: also while it waits. :raises StillHeld: after ``timeout`` seconds.
        """
        ends = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while (flag := self.flag).held_for and not reads_only:
                now = time.monotonic()
                if ends is not None and now >= ends:
                    raise StillHeld(
                        f"the flag of {self._migration!r} is held, and {timeout:g} s have passed: {flag}.",
                        fix="try again; a hold ends by itself, and takes seconds.",
                    )
                late = self._renewed + self._lease * LATE + 0.001
                self._changed.wait(max(0.001, (late if ends is None else min(late, ends)) - now))
            self._under_way[flag.version] += 1
            return flag

    def end(self, flag: Flag) -> None:
        """Count a piece of work out."""
        with self._changed:
            self._under_way[flag.version] -= 1
            self._under_way += Counter()  # drops what is zero

    def learn(self, found: Flag) -> int:
        """Take in what a look has found; return the version that can be acknowledged."""
        with self._changed:
            if self._flag is not None and found.version != self._flag.version:
                log.info("the flag of %s is %s now", self._migration, found)
            self._flag, self._looked = found, time.monotonic()
            if self._settled(found):
                self._acknowledged = found.version
            self._changed.notify_all()
            return self._acknowledged

    def renewed(self, at: float) -> None:
        """The lease was renewed: what the store counts from is later than ``at``."""
        self._renewed = at

    @property
    def look_again(self) -> float:
        """When to look again at the latest: to renew the lease, or because a hold ends."""
        renewal = self._looked + self._lease * RENEW
        held = self._flag.held_for if self._flag else 0
        return min(renewal, self._looked + held) if held else renewal

    @property
    def held(self) -> bool:
        """Whether nothing is begun at the moment."""
        return bool(self._flag and self._flag.held_for)

    @property
    def pending(self) -> bool:
        """Whether the version of now is still to be acknowledged: somebody waits for that."""
        return bool(self._flag and self._acknowledged < self._flag.version)

    def settles(self) -> bool:
        """Whether the last work from before a version that is to be acknowledged has ended."""
        with self._changed:
            return bool(self.pending and self._flag and self._settled(self._flag))

    def leave(self) -> None:
        """Begin nothing any more; whoever waits is told so."""
        with self._changed:
            self._left = True
            self._changed.notify_all()

    def away(self) -> FlagStoreAway:
        return FlagStoreAway(
            f"the flag of {self._migration!r} could not be read for {self._lease * LATE:g} s.",
            fix=f"see that the database {self._where} answers; until then this instance does nothing, because"
            " others may go on without it.",
        )

    def _settled(self, flag: Flag) -> bool:
        return all(version >= flag.version for version in self._under_way)
