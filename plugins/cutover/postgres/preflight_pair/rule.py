"""The shape of a rule about a pair of databases."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import RuleBase, duration, listed, mending, size
from cutover.postgres.preflight_pair.facts import Pair, Side
from cutover.postgres.preflight_pair.structure import Table

__all__ = ["DesignRule", "PairRule", "SideRule", "TableRule", "duration", "listed", "mending", "size"]


class PairRule(RuleBase):
    """A rule about both databases, for the blue_green strategy; its page is docs/preflight-blue-green.md."""

    @abstractmethod
    def check(self, pair: Pair) -> Iterable[Finding]:
        """Yield what is to be said; asks no server."""


class SideRule(PairRule):
    """A rule that holds for each side, whatever the other one is."""

    def check(self, pair: Pair) -> Iterator[Finding]:
        for side in pair.sides:
            yield from self.check_side(side, pair)

    @abstractmethod
    def check_side(self, side: Side, pair: Pair) -> Iterable[Finding]:
        """Yield what is to be said about one side."""


class TableRule(PairRule):
    """A rule about each table of blue."""

    def check(self, pair: Pair) -> Iterator[Finding]:
        for table in pair.blue.structure.tables.values():
            yield from self.check_table(table, pair)

    @abstractmethod
    def check_table(self, table: Table, pair: Pair) -> Iterable[Finding]:
        """Yield what is to be said about one table."""


class DesignRule(PairRule):
    """A rule about each table whose rows travel, beside what the migration's SQL made of it."""

    def check(self, pair: Pair) -> Iterator[Finding]:
        if not pair.survival.known:
            return
        for table in pair.blue.structure.travelling():
            new = pair.survival.after.tables.get(table.name)
            if new is not None:
                yield from self.check_tables(table, new, pair)

    @abstractmethod
    def check_tables(self, old: Table, new: Table, pair: Pair) -> Iterable[Finding]:
        """Yield what is to be said about one table and its design."""
