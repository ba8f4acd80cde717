"""Look at one part of two tables in one snapshot: what is equal, what differs, what is still in flight.

A differing key is *in flight* when the log of touched keys has an entry for it in the same snapshot: the other side
is about to follow. Without an entry nothing will ever mend it, so it is a difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from cutover import sqlfiles
from cutover.postgres.rowdiff.keys import Pairing
from cutover.postgres.rowdiff.look import Look
from cutover.postgres.rowdiff.pairs import Part, paired
from cutover.postgres.rowdiff.pending import PendingLog
from cutover.postgres.rowdiff.predicates import TypedColumn, column_differs, rows_differ
from cutover.postgres.rowdiff.session import Db


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that does not change from part to part.

    :ivar log: the log of touched keys; ``None`` when nobody writes.
    :ivar keep: how many differing keys a look lists.
    :ivar most: how many keys in flight a look lists.
    """

    pairing: Pairing
    columns: tuple[TypedColumn, ...]
    log: PendingLog | None
    keep: int
    most: int

    def look(self, db: Db, part: Part) -> Look:
        """Compare one part; must run inside one snapshot."""
        common = self._common(part)
        query = sqlfiles.compose("rowdiff/count", **common)
        rows_left, rows_right, differing = db.execute(query).fetchone() or (0, 0, 0)
        look = Look(rows_left, rows_right)
        if differing:
            self._judge(db, look, common)
        return look

    def _common(self, part: Part) -> dict[str, sql.Composable]:
        left = sql.Identifier("l", self.pairing.left.key[0])
        right = sql.Identifier("r", self.pairing.right.key[0])
        # With a list of keys a row may by now be gone on both sides: that is no difference.
        one_sided = sql.SQL("({} IS NULL) <> ({} IS NULL)").format(left, right)
        both = sql.SQL("({} IS NOT NULL AND {} IS NOT NULL AND ({}))").format(left, right, rows_differ(self.columns))
        return {
            "left_key": left,
            "right_key": right,
            "one_sided": one_sided,
            "differ": both,
            "pairs": paired(self.pairing, part),
        }

    def _judge(self, db: Db, look: Look, common: dict[str, sql.Composable]) -> None:
        names = [c.column.name for c in self.columns]
        query = sqlfiles.compose("rowdiff/judge", **common, **self._judgement())
        for part, kind, in_flight, rows, key, columns in db.execute(query):
            if part == "example":
                look.examples.append((kind, tuple(key)))
            elif part == "in_flight":
                look.in_flight_keys.append(tuple(key))
            elif in_flight:
                look.in_flight += rows
            else:
                look.totals[kind] += rows
                look.columns.update({n: c for n, c in zip(names, columns, strict=True) if c})

    def _judgement(self) -> dict[str, sql.Composable]:
        pairing, comma = self.pairing, sql.SQL(", ")
        names = [sql.Identifier(f"k{n}") for n in range(1, len(pairing.types) + 1)]
        texts = zip(pairing.texts(pairing.left, "l"), pairing.texts(pairing.right, "r"), strict=True)
        values = zip(
            pairing.expressions(pairing.left, "l"), pairing.expressions(pairing.right, "r"), names, strict=True
        )
        counts = (sql.SQL("count(*) FILTER (WHERE differs[{}])").format(n + 1) for n in range(len(self.columns)))
        return {
            "key_text": comma.join(sql.SQL("coalesce({}, {})").format(a, b) for a, b in texts),
            "key_value": comma.join(sql.SQL("coalesce({}, {}) AS {}").format(*v) for v in values),
            "column_differs": comma.join(column_differs(c) for c in self.columns),
            "column_counts": comma.join(counts),
            "in_flight": sql.SQL("false")
            if self.log is None
            else sql.SQL("(everything.truncated OR p.k1 IS NOT NULL)"),
            "pending": self._pending(names),
            "names": comma.join(names),
            "keep": sql.Literal(self.keep),
            "most": sql.Literal(self.most),
        }

    def _pending(self, names: Sequence[sql.Identifier]) -> sql.Composable:
        if self.log is None:
            return sql.SQL("")
        return sqlfiles.compose(
            "rowdiff/pending_join",
            names=sql.SQL(", ").join(names),
            pending=self.log.relation,
            match=self.log.match([sql.SQL("seen.{}").format(name) for name in names], "p"),
        )
