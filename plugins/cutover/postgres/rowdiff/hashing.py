"""Rows of one database as hashes that another database computes alike: for a key range at once, or row by row.

A row's hash is that of the text of ``ROW(values)``: unambiguous (NULL is nothing, '' is ``""``, commas and quotes are
quoted), independent of collations, and the same in every version of the server that prints its types alike. 64 bits,
seeded anew for each diff, so that no pair of rows can go unnoticed twice; a range adds count and sum to the xor.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from cutover import sqlfiles
from cutover.postgres.rowdiff.chunks import KeyRange
from cutover.postgres.rowdiff.keys import Pairing
from cutover.postgres.rowdiff.model import Key, Side
from cutover.postgres.rowdiff.pairs import Keys, Part
from cutover.postgres.rowdiff.predicates import TEXT
from cutover.postgres.rowdiff.session import Db

COMMA = sql.SQL(", ")
SHOWN = 200


@dataclass(frozen=True, slots=True)
class HashedSide:
    """One side of a diff across databases.

    :ivar alias: ``l`` or ``r``, over which the expressions are written.
    :ivar columns: the compared expressions, in the same order on both sides.
    """

    pairing: Pairing
    side: Side
    alias: str
    columns: tuple[sql.Composable, ...]
    seed: int

    def digest(self, db: Db, part: KeyRange) -> tuple[int, str, int]:
        """Return count, sum and xor of the row hashes of a range."""
        query = sqlfiles.compose(
            "rowdiff/digest",
            hash=self._hash(),
            relation=self.side.relation,
            alias=sql.Identifier(self.alias),
            within=part.condition(self.pairing, self.side, self.alias),
        )
        row = db.execute(query).fetchone()
        assert row is not None, "an aggregate has one row"
        return row[0], row[1], row[2]

    def hashes(self, part: Part) -> sql.Composed:
        """Return a query for (key texts ..., hash) of a part, ordered by the key's bytes."""
        if isinstance(part, KeyRange):
            rows, within = self._all(), part.condition(self.pairing, self.side, self.alias)
        else:
            rows, within = self._by_key(part), sql.SQL("true")
        key_text = COMMA.join(self._key_texts())
        return sqlfiles.compose("rowdiff/hashes", key_text=key_text, hash=self._hash(), rows=rows, within=within)

    def values(self, db: Db, keys: Keys) -> dict[Key, tuple[list[str | None], list[str | None]]]:
        """Return for each key the columns' marks (equal marks: equal values) and what is shown of them."""
        texts = [sql.SQL("({})::pg_catalog.text").format(column) for column in self.columns]
        query = sqlfiles.compose(
            "rowdiff/values",
            key_text=COMMA.join(self._key_texts()),
            marks=COMMA.join(sql.SQL("pg_catalog.md5(ROW({})::pg_catalog.text)").format(c) for c in self.columns),
            shown=COMMA.join(
                sqlfiles.compose("rowdiff/shown", differs=sql.SQL("true"), text=text, most=sql.Literal(SHOWN))
                for text in texts
            ),
            rows=self._by_key(keys),
        )
        return {tuple(key): (marks, shown) for key, marks, shown in db.execute(query)}

    def _hash(self) -> sql.Composed:
        keys = [sql.Identifier(self.alias, name) for name in self.side.key]
        row = sql.SQL("ROW({})").format(COMMA.join([*keys, *self.columns]))
        return sql.SQL("pg_catalog.hashtextextended({}, {})").format(TEXT.format(row), sql.Literal(self.seed))

    def _key_texts(self) -> list[sql.Composable]:
        return self.pairing.texts(self.side, self.alias)

    def _all(self) -> sql.Composed:
        return sql.SQL("{} AS {}").format(self.side.relation, sql.Identifier(self.alias))

    def _by_key(self, keys: Keys) -> sql.Composed:
        names = [sql.Identifier(f"k{n}") for n in range(1, len(self.pairing.types) + 1)]
        values = [self.pairing.value(sql.SQL("t.{}").format(name), n) for n, name in enumerate(names)]
        columns = (sql.SQL("{}::text[]").format(sql.Literal([key[n] for key in keys])) for n in range(len(names)))
        return sqlfiles.compose(
            "rowdiff/rows_by_key",
            values=COMMA.join(sql.SQL("{} AS {}").format(v, n) for v, n in zip(values, names, strict=True)),
            texts=COMMA.join(columns),
            names=COMMA.join(names),
            relation=self.side.relation,
            alias=sql.Identifier(self.alias),
            match=self.pairing.equal(
                self.pairing.expressions(self.side, self.alias), [sql.SQL("k.{}").format(name) for name in names]
            ),
        )


def hashes_alike(left: Db, right: Db) -> bool:
    """Tell whether both servers hash the same text to the same number (they need not, between architectures)."""
    probe = "SELECT hashtextextended('cutover' COLLATE \"C\", 7), current_setting('server_encoding')"
    return left.execute(probe).fetchone() == right.execute(probe).fetchone()
