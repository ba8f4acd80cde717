"""How double writing names what it creates: everything carries the run's number and the direction."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from cutover.postgres.dual_write.shape import Direction

SCHEMA = "cutover_dual"
EVENTS = ("insert", "update", "delete", "truncate")


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one direction of one run.

    :param number: the run's number in the journal.
    """

    number: int
    direction: Direction

    def own(self, what: str, place: int | None = None) -> sql.Identifier:
        """A table or function of ours; ``place``: of the shape with this number."""
        return sql.Identifier(SCHEMA, self.plain(what, place))

    def plain(self, what: str, place: int | None = None) -> str:
        """The same without its schema: for indexes and triggers."""
        return f"{what}_{self.number}_{self.direction}" + ("" if place is None else f"_{place}")

    def trigger(self, event: str) -> str:
        return f"cutover_dual_{self.number}_{self.direction}_{event}"
