"""The names of everything that a run creates; all of them carry the run's number, so that leftovers can be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from psycopg import sql

from cutover.postgres.contents import STATE_SCHEMA

SCHEMA = STATE_SCHEMA

SideName = Literal["blue", "green"]


def other(side: SideName) -> SideName:
    """Return the side across."""
    return "green" if side == "blue" else "blue"


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one run.

    :param number: the run's number in the journal.
    """

    number: int

    def flow(self, origin: SideName) -> str:
        """Name publication and slot on ``origin``, and the subscription on the other side, of the writes made there."""
        return f"cutover_{self.number}_{origin}"

    @property
    def fence(self) -> str:
        """Name the trigger that refuses writes; it is on every table of both sides."""
        return f"cutover_fence_{self.number}"

    @property
    def fill(self) -> str:
        """Name the trigger that computes columns of followed rows; only the apply worker fires it."""
        return f"cutover_fill_{self.number}"

    @property
    def design(self) -> str:
        """Name the scratch database on green's server in which the new schema is designed."""
        return f"cutover_{self.number}_design"


def own(name: str) -> sql.Identifier:
    """Return a table or function of the state schema."""
    return sql.Identifier(SCHEMA, name)
