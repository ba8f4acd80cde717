"""Cut a table into key ranges, one after the other, as workers ask for them."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from psycopg import sql

from cutover import sqlfiles
from cutover.postgres.rowdiff.errors import DiffImpossible
from cutover.postgres.rowdiff.keys import Pairing
from cutover.postgres.rowdiff.model import Key, Side
from cutover.postgres.rowdiff.session import Db

FIRST_ROWS = 2_000
TARGET_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Keys greater than ``lower`` up to and including ``upper``; ``None`` is open, so that ranges cover every key."""

    number: int
    lower: Key | None = None
    upper: Key | None = None

    def condition(self, pairing: Pairing, side: Side, alias: str) -> sql.Composable:
        """Return the condition that a row of a side is within."""
        key = sql.SQL(", ").join(pairing.expressions(side, alias))
        parts = []
        if self.lower is not None:
            parts.append(sql.SQL("({}) > ({})").format(key, pairing.literals(self.lower)))
        if self.upper is not None:
            parts.append(sql.SQL("({}) <= ({})").format(key, pairing.literals(self.upper)))
        return sql.SQL(" AND ").join(parts) if parts else sql.SQL("true")


class ChunkPlanner:
    """Hands out the ranges of the left table in key order; any number of workers may ask.

    There is no pass over the keys beforehand: that would hold one snapshot for its whole length. Ranges grow from
    a small first one up to ``chunk_rows`` and shrink where a range takes longer than a second, so that
    wide rows stay within bounds and an operator never waits long.
    """

    def __init__(self, pairing: Pairing, chunk_rows: int) -> None:
        self._pairing = pairing
        self._limit = max(1, chunk_rows)
        self._rows = min(self._limit, FIRST_ROWS)
        self._lock = threading.Lock()
        self._lower: Key | None = None
        self._count = 0
        self._finished = False

    def next(self, db: Db) -> KeyRange | None:
        """Return the next range, or ``None`` when all are handed out or the diff was stopped."""
        with self._lock:
            if self._finished:
                return None
            upper = self._boundary(db) if self._pairing.ordered else None
            chunk = KeyRange(self._count, self._lower, upper)
            self._count += 1
            self._lower, self._finished = upper, upper is None
            return chunk

    def took(self, rows: int, seconds: float) -> None:
        """Learn how long a range of so many rows took."""
        rate = max(rows, 1) / max(seconds, 0.001)
        self._rows = int(min(self._limit, max(1, min(rate * TARGET_SECONDS, self._rows * 8))))

    def stop(self) -> None:
        """Hand out no more ranges: a worker failed."""
        self._finished = True

    def _boundary(self, db: Db) -> Key | None:
        side = self._pairing.left
        key = self._pairing.expressions(side, "l")
        query = sqlfiles.compose(
            "rowdiff/boundary",
            key_text=sql.SQL(", ").join(self._pairing.texts(side, "l")),
            relation=side.relation,
            within=KeyRange(0, self._lower).condition(self._pairing, side, "l"),
            key=sql.SQL(", ").join(key),
            skip=sql.Literal(self._rows - 1),
        )
        row = db.execute(query).fetchone()
        upper = tuple(row) if row else None
        if upper is not None and upper == self._lower:
            # Would go on for ever: what the text of a key is read as is not greater than itself, but sorts so.
            raise DiffImpossible(
                f"the key {upper} does not come back from its text form, so ranges of keys cannot be told.",
                fix="compare by a key of another type.",
            )
        return upper


def estimated_rows(db: Db, side: Side) -> int:
    """Return how many rows to expect, for progress only; 0 where nobody knows."""
    if side.expected_rows is not None:
        return side.expected_rows
    if not isinstance(side.relation, sql.Identifier):
        return 0
    row = db.execute(sqlfiles.compose("rowdiff/estimate", relation=sql.Literal(side.relation.as_string(db)))).fetchone()
    return int(row[0]) if row else 0
