"""Who writes beside the fleet, each in a way of its own, and what the database must hold of it in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import psycopg

from cutover_demo.ledger import Entry
from cutover_demo.statements import statement

Token = tuple[str, int, int]  # source, client, number of its transaction


@dataclass(slots=True)
class Promises:
    """What one of the crowd was told.

    :param kept: acknowledged writes; ``unknown`` those that were sent and never answered.
    """

    kept: set[Token] = field(default_factory=set)
    unknown: set[Token] = field(default_factory=set)


class Crowd(AbstractContextManager["Crowd"], Protocol):
    """Writes from the beginning to the end of its block."""

    source: str

    def promises(self) -> Promises:
        """Return what was acknowledged, once the block has ended."""

    def entries(self) -> list[Entry]:
        """Return the transactions that count as the application's; none for those that are to be refused."""

    def figures(self) -> dict[str, Any]:
        """Return what is worth showing, JSON-safe."""

    def problems(self) -> list[str]:
        """Return why the demo failed, as far as this one can tell."""


@dataclass(slots=True)
class CrowdVerdict:
    """What became of the promises; as in :class:`cutover_demo.verdict.Verdict`."""

    lost: int = 0
    duplicated: int = 0
    wrong: int = 0
    unexplained: int = 0
    findings: list[str] = field(default_factory=list)


def judge(crowd: Sequence[Crowd], db: psycopg.Connection[Any]) -> CrowdVerdict:
    """Compare what everybody of the crowd was told with what ``db``, the live side, holds."""
    tokens = {(source, client, seq): copies for source, client, seq, copies in db.execute(statement("audit/movements"))}
    row = db.execute(statement("audit/sold")).fetchone()
    assert row is not None, "an aggregate has one row"
    promises = [each.promises() for each in crowd]
    verdict = compare(
        set().union(*(each.kept for each in promises)), set().union(*(each.unknown for each in promises)), tokens
    )
    sold, sales = row
    if sold != sales:
        verdict.wrong += abs(sold - sales)
        verdict.findings.append(f"{sold} pieces are counted as sold, in {sales} sales")
    return verdict


def compare(kept: set[Token], unknown: set[Token], found: dict[Token, int]) -> CrowdVerdict:
    """Compare promises with the rows that are there, and how often each is."""
    verdict, copies = CrowdVerdict(), Counter(found)
    lost, ghosts = kept - found.keys(), found.keys() - kept - unknown
    doubled = {token: number - 1 for token, number in copies.items() if number > 1}
    verdict.lost, verdict.unexplained, verdict.duplicated = len(lost), len(ghosts), sum(doubled.values())
    verdict.findings = [
        *_named("lost: write {} is missing", lost),
        *_named("unexplained: write {} is there, and was never acknowledged", ghosts),
        *_named("duplicated: write {} is there more than once", doubled),
    ]
    return verdict


def _named(text: str, tokens: Iterable[Token]) -> list[str]:
    return [text.format(token) for token in sorted(tokens)[:10]]
