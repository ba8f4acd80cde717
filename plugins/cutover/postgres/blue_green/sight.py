"""From where both sides are looked at: as they are now, or in one snapshot of each."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.blue_green import arrival
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SideName

# What is written now has to be seen on the other side within these seconds, or nothing can be compared.
PATIENCE = 60.0


class NotFollowing(CutoverError):
    """The side that is not live does not get what is written on the live one."""

    code = "BGR044"


@dataclass(frozen=True, slots=True)
class Sight:
    """Both sides, with ``origin`` live.

    :ivar snapshots: id of an exported snapshot for each side; none: every look has snapshots of its own.
    """

    ctx: RunContext
    ends: Ends
    origin: SideName
    snapshots: Mapping[SideName, str] = field(default_factory=dict)

    @property
    def shared(self) -> tuple[str, str] | tuple[None, None]:
        """The snapshots of blue and green, as the row diff takes them."""
        return (self.snapshots["blue"], self.snapshots["green"]) if self.snapshots else (None, None)

    def at(self, snapshots: Mapping[SideName, str]) -> Sight:
        """Return the same in snapshots."""
        return replace(self, snapshots=snapshots)

    def connect(self, side: SideName, search_path: str) -> Callable[[], AbstractContextManager[Db]]:
        """Return how to open a session on a side in which a spec's expressions mean what they mean in the copy."""

        @contextlib.contextmanager
        def opened() -> Iterator[Db]:
            with self.ends.open(side, "compare", search_path=search_path, lock_timeout="30s") as db:
                yield db

        return opened

    def settle(self) -> None:
        """Wait until all that was committed on the live side by now is visible on the other one.

        :raises NotFollowing: it does not come.
        """
        seen = arrival.look(self.ctx, self.ends, self.origin, patience=PATIENCE)
        if not seen.arrived:
            raise NotFollowing(
                f"what is written on {self.origin} does not arrive on the other side: {seen.describe()}.",
                fix="look into the log of the server that follows: it names the change that it cannot apply.",
            )
