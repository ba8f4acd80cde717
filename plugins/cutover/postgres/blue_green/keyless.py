"""Compare a table whose rows cannot be told apart: as a multiset, by count and by sum and xor of the rows' hashes.

That both sides have the same rows, each as often, is certain but for one case in about 2**64, seeded anew each time.
What cannot be told is which rows differ: there is nothing to name them by.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from cutover import sqlfiles
from cutover.journal.check import Check
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.blue_green.sight import Sight
from cutover.postgres.blue_green.subject import Subject
from cutover.postgres.rowdiff import Side
from cutover.postgres.rowdiff.predicates import TEXT
from cutover.postgres.rowdiff.session import snapshot

LIMITS = "compared as a whole, since the table has no key: a difference would be certain, but not which rows it is in"


@dataclass(frozen=True, slots=True)
class Digest:
    """A multiset of rows."""

    count: int
    total: str
    xor: int


def digests(sight: Sight, of: Subject, search_path: str) -> tuple[Digest, Digest]:
    """Return what blue and green have, in the snapshots of ``sight`` or in one of each side's own."""
    seed = random.SystemRandom().getrandbits(62)
    return (
        _digest(sight, "blue", of.left, "l", [c.left for c in of.columns], seed, search_path),
        _digest(sight, "green", of.right, "r", [c.right for c in of.columns], seed, search_path),
    )


def check(of: Subject, one: Digest, other: Digest, *, exact: bool, why: str = "") -> Check:
    """Judge two digests.

    :param exact: both are of the same instant; otherwise rows may have been on their way, and ``why`` says so.
    """
    figures: dict[str, Any] = {"rows_left": one.count, "rows_right": other.count, "same_moment": exact}
    if one == other:
        text = f"{one.count:,} rows on both sides, the same ones ({LIMITS})"
    elif one.count != other.count:
        text = f"{one.count:,} rows on blue against {other.count:,} on green ({LIMITS})"
    else:
        text = f"{one.count:,} rows on both sides, but not the same ones ({LIMITS})"
    if one != other and not exact:
        text += f"; rows may have been on their way, since the sides could not be seen at one moment: {why}"
    return Check("ROW_MULTISET", "rows as a whole", one == other, "error", text, figures, of.table.label)


def _digest(
    sight: Sight, name: SideName, side: Side, alias: str, columns: list[sql.Composable], seed: int, path: str
) -> Digest:
    row_text = TEXT.format(sql.SQL("ROW({})").format(sql.SQL(", ").join(columns)))
    query = sqlfiles.compose(
        "rowdiff/digest",
        hash=sql.SQL("pg_catalog.hashtextextended({}, {})").format(row_text, sql.Literal(seed)),
        relation=side.relation,
        alias=sql.Identifier(alias),
        within=sql.SQL("true"),
    )
    with sight.connect(name, path)() as db, snapshot(db, shared=sight.snapshots.get(name)):
        row = db.execute(query).fetchone()
    assert row is not None, "an aggregate has one row"
    return Digest(*row)
