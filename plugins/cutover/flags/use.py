"""One piece of work, and what its flag said when it was begun."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from cutover.flags.comparing import Difference, Pair, compare, compare_behind
from cutover.flags.errors import FlagStoreAway, ReadsOnly
from cutover.flags.flag import Flag
from cutover.flags.mode import Mode

T = TypeVar("T")
BOTH = (Mode.DUAL_WRITE_READ_OLD, Mode.DUAL_WRITE_READ_NEW)


def _forget(what: str, difference: Difference | None) -> None:
    """Where nobody counts."""


@dataclass(frozen=True, slots=True)
class Use:
    """What holds for one piece of work: a request, a job, a transaction.

    :ivar shadow: whether its reads ask both sides, to compare their answers.
    :ivar reads_only: it was begun also where the flag is held, and must not write.
    :ivar lag: seconds for which the new side may be behind the old one.
    """

    flag: Flag
    shadow: bool
    _check: Callable[[], Flag] = field(repr=False)
    _count: Callable[[str, Difference | None], None] = field(default=_forget, repr=False)
    reads_only: bool = False
    lag: float = 0.0

    def check(self) -> None:
        """Look, right before COMMIT, whether this instance still has its lease: without it nothing may be written.

        :raises FlagStoreAway: others may have gone on without it; roll back.
        """
        self._check()

    @property
    def writes_old(self) -> bool:
        """:raises ReadsOnly: it was begun for reading only."""
        self._may_write()
        return self.flag.mode.writes_old

    @property
    def writes_new(self) -> bool:
        """:raises ReadsOnly: it was begun for reading only."""
        self._may_write()
        return self.flag.mode.writes_new

    @property
    def side(self) -> Literal["old", "new"]:
        """The one side to write where triggers or replication write the other one: the old side until ``new_only``.

        :raises ReadsOnly: it was begun for reading only.
        """
        return "old" if self.writes_old else "new"

    def reads_new(self, key: object) -> bool:
        """Whether to read what ``key`` names from the new side."""
        return self.flag.reads_new(key)

    def read(self, what: str, key: object, *, old: Callable[[], T], new: Callable[[], T]) -> T:
        """Return the answer of the side from which ``key`` is read; compare it with the other's in a shadow use.

        :param what: the kind of thing that is read, by which reads are counted. :param old: asks the old side; may be
            called three times, and for comparison only. :param new: the same for the new side. One that fails must
            leave the other able to answer: a session of its own, or a savepoint.
        """
        pair = Pair(old, new, reads_new=self.reads_new(key))
        if not (self.shadow and self.flag.mode in BOTH):
            return pair.own()
        if not self.lag:
            answer, difference = compare(pair, what, key, self.flag.version)
            self._count(what, difference)
            return answer
        answer, difference, judged = compare_behind(pair, what, key, self.flag.version, self.lag, self._newest)
        if judged:
            self._count(what, difference)
        return answer

    def _newest(self) -> bool:
        """Whether the flag is still what it was: otherwise somebody waits for this work to end."""
        try:
            return self._check().version == self.flag.version
        except FlagStoreAway:
            return False

    def _may_write(self) -> None:
        if self.reads_only:
            raise ReadsOnly(
                f"work under the flag of {self.flag.migration!r} was begun for reading only, and asks what to write.",
                fix="begin what writes with use(), without reads_only.",
            )
