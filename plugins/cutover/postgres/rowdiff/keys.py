"""How rows of the two sides are paired and put in order by their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from cutover.postgres.rowdiff.errors import DiffImpossible
from cutover.postgres.rowdiff.model import ComparedColumn, Key, Side
from cutover.postgres.rowdiff.predicates import TEXT
from cutover.postgres.rowdiff.session import Db
from cutover.postgres.rowdiff.types import INTEGERS, STRINGS, SqlType, describe

# bytea, date, time, timestamp, timestamptz, numeric, uuid, oid: no collation and no catalog has a say in their order.
ORDERED_EVERYWHERE = INTEGERS | {17, 1082, 1083, 1114, 1184, 1700, 2950, 26}


@dataclass(frozen=True, slots=True)
class Pairing:
    """The key of both sides, as expressions over an alias.

    Where types and collations agree, keys are compared in their own order, by their indexes, range by range.
    Where they do not (an ``int`` key became ``text``, a collation was changed) there is no common order: the keys'
    text forms are compared and the whole table is one range.

    :ivar types: the types of the left key; boundaries and single keys are handed over as text and cast to them.
    """

    left: Side
    right: Side
    types: tuple[SqlType, ...]
    ordered: bool

    def expressions(self, side: Side, alias: str) -> list[sql.Composable]:
        """Return the key columns of a side for pairing, ordering and looking up."""
        columns = [sql.Identifier(alias, name) for name in side.key]
        return list(columns) if self.ordered else [TEXT.format(c) for c in columns]

    def texts(self, side: Side, alias: str) -> list[sql.Composable]:
        """Return the key columns of a side as text."""
        return [TEXT.format(sql.Identifier(alias, name)) for name in side.key]

    def value(self, text: sql.Composable, position: int) -> sql.Composable:
        """Turn the text form of a key column back into what :meth:`expressions` compares."""
        if not self.ordered:
            return TEXT.format(text)
        return sql.SQL("({}::pg_catalog.text)::{}").format(text, self.types[position].identifier)

    def literals(self, key: Key) -> sql.Composable:
        """Return a key as a comma-separated list of typed literals."""
        return sql.SQL(", ").join(self.value(sql.Literal(text), n) for n, text in enumerate(key))

    def equal(self, ones: Sequence[sql.Composable], others: Sequence[sql.Composable]) -> sql.Composable:
        """Return the condition that two keys, given as expressions, are the same."""
        return sql.SQL(" AND ").join(
            sql.SQL("{} = {}").format(one, other) for one, other in zip(ones, others, strict=True)
        )

    @property
    def join(self) -> sql.Composable:
        """The condition that pairs ``l`` with ``r``."""
        return self.equal(self.expressions(self.left, "l"), self.expressions(self.right, "r"))

    def key_columns(self, columns: Sequence[ComparedColumn]) -> list[ComparedColumn]:
        """Return the key columns that are not compared yet: equal in their order is not yet equal ('a' and 'A')."""
        if not self.ordered:
            return []
        named = {c.name for c in columns}
        keys = zip(self.left.labels, self.left.key, self.right.key, strict=True)
        return [
            ComparedColumn(name, sql.Identifier("l", a), sql.Identifier("r", b))
            for name, a, b in keys
            if name not in named
        ]


def pairing(db: Db, left: Side, right: Side) -> Pairing:
    """Find out how the keys of two tables in one database pair.

    :raises DiffImpossible: a side has no key, or the keys have different numbers of columns.
    """
    _same_length(left, right)
    ltypes = _key_types(db, left, "l")
    rtypes = _key_types(db, right, "r")
    same = all(_same_order(a, b) for a, b in zip(ltypes, rtypes, strict=True))
    ordered = same and _collations(db, left, "l", ltypes) == _collations(db, right, "r", rtypes)
    return Pairing(left, right, tuple(ltypes), ordered)


def pairing_across(left_db: Db, right_db: Db, left: Side, right: Side) -> Pairing:
    """Find out how the keys of two tables in two databases pair.

    Key ranges are used only where both servers order the key alike, whatever their versions and collations.

    :raises DiffImpossible: a side has no key, or the keys have different numbers of columns.
    """
    _same_length(left, right)
    ltypes, rtypes = _key_types(left_db, left, "l"), _key_types(right_db, right, "r")
    same = all(_same_order(a, b) for a, b in zip(ltypes, rtypes, strict=True))
    ordered = same and all(kind.oid in ORDERED_EVERYWHERE for kind in (*ltypes, *rtypes))
    if ordered or not same:
        return Pairing(left, right, tuple(ltypes), ordered)
    by_bytes = {'"C"', '"POSIX"'}
    collations = {*_collations(left_db, left, "l", ltypes), *_collations(right_db, right, "r", rtypes)}
    plain = all(kind.oid in ORDERED_EVERYWHERE | STRINGS for kind in (*ltypes, *rtypes))
    return Pairing(left, right, tuple(ltypes), plain and collations <= by_bytes)


def _same_length(left: Side, right: Side) -> None:
    if not left.key or len(left.key) != len(right.key):
        raise DiffImpossible(
            f"the key has {len(left.key)} column(s) on one side and {len(right.key)} on the other.",
            fix="name the same key columns, at least one, for both sides.",
        )


def _key_types(db: Db, side: Side, alias: str) -> list[SqlType]:
    return describe(db, side.relation, alias, [sql.Identifier(alias, name) for name in side.key])


def _same_order(one: SqlType, other: SqlType) -> bool:
    both = {one.oid, other.oid}
    return len(both) == 1 or both <= INTEGERS or both <= STRINGS


def _collations(db: Db, side: Side, alias: str, types: Sequence[SqlType]) -> list[str | None]:
    """Return the collation of each key column; of those that have one."""
    columns = [
        sql.SQL("pg_catalog.pg_collation_for((SELECT {} FROM {} AS {} LIMIT 0))").format(
            sql.Identifier(alias, name), side.relation, sql.Identifier(alias)
        )
        for name, kind in zip(side.key, types, strict=True)
        if kind.collatable
    ]
    row = db.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(columns))).fetchone()
    return list(row or ())
