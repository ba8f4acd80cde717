"""One piece of work, and what its flag said when it was begun."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cutover.flags.flag import Flag


@dataclass(frozen=True, slots=True)
class Use:
    """What holds for one piece of work: a request, a job, a transaction."""

    flag: Flag
    shadow: bool
    _check: Callable[[], object] = field(repr=False)

    def check(self) -> None:
        """Look, right before COMMIT, whether this instance still has its lease: without it nothing may be written.

        :raises FlagStoreAway: others may have gone on without it; roll back.
        """
        self._check()

    @property
    def writes_old(self) -> bool:
        return self.flag.mode.writes_old

    @property
    def writes_new(self) -> bool:
        return self.flag.mode.writes_new

    def reads_new(self, key: object) -> bool:
        """Whether to read what ``key`` names from the new side."""
        return self.flag.reads_new(key)
