"""What a comparison of ledger and database takes in, and what it comes to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from cutover_demo.ledger import Row

Transaction = tuple[int, int]  # writer, seq


@dataclass(slots=True)
class Observed:
    """What the database holds; see :mod:`cutover_demo.audit` for the shapes.

    :param release: 2 where the migrated table is live; the old one cannot hold ``preferences``.
    :param untouched_before: number and fingerprint of the orders that no writer owns, before the run; and after.
    """

    orders: list[Row]
    children: list[tuple[str, str | None, str]]
    tokens: Counter[Transaction]
    release: int = 1
    untouched_before: tuple[int, str] = (0, "")
    untouched_after: tuple[int, str] = (0, "")
    dangling_parents: int = 0


@dataclass(slots=True)
class Verdict:
    """The outcome. Everything but the first two and ``unknown`` must be 0 after a migration.

    :param acknowledged: transactions whose COMMIT was answered.
    :param undone: transactions that the writers rolled back on purpose.
    :param unknown: transactions whose COMMIT was sent and not answered; their token said whether they count.
    :param lost: acknowledged transactions of which an effect is missing.
    :param duplicated: rows and effects that are there once too often.
    :param wrong: rows that are there, as often as they should be, with other values.
    :param unexplained: rows, tokens and references that no acknowledged transaction accounts for.
    :param findings: one line each, naming the row and the columns.
    """

    acknowledged: int = 0
    undone: int = 0
    unknown: int = 0
    lost: int = 0
    duplicated: int = 0
    wrong: int = 0
    unexplained: int = 0
    findings: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.duplicated or self.wrong or self.unexplained)
