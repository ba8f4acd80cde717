"""The log of touched keys: whose entry says that the other side has yet to follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from cutover.postgres.rowdiff.keys import Pairing
from cutover.postgres.rowdiff.predicates import TEXT
from cutover.postgres.rowdiff.session import Db
from cutover.postgres.rowdiff.types import STRINGS, SqlType, describe


@dataclass(frozen=True, slots=True)
class PendingLog:
    """A relation with the columns ``k1`` ... ``kn`` (the touched key) and ``op`` (``t``: TRUNCATE, all is pending)."""

    relation: sql.Composable
    as_text: tuple[bool, ...]

    def match(self, key: Sequence[sql.Composable], alias: str) -> sql.Composable:
        """Return the condition that ``key`` is the one that the log's row speaks of."""
        parts = []
        for n, (one, as_text) in enumerate(zip(key, self.as_text, strict=True), start=1):
            logged = sql.Identifier(alias, f"k{n}")
            pair = (TEXT.format(one), TEXT.format(logged)) if as_text else (one, logged)
            parts.append(sql.SQL("{} = {}").format(*pair))
        return sql.SQL(" AND ").join(parts)


def pending_log(db: Db, relation: sql.Composable | None, pairing: Pairing) -> PendingLog | None:
    """Find out how the log's keys compare with the tables' keys."""
    if relation is None:
        return None
    names = [sql.Identifier("p", f"k{n}") for n in range(1, len(pairing.types) + 1)]
    logged = describe(db, relation, "p", names)
    return PendingLog(relation, tuple(_as_text(pairing, *both) for both in zip(logged, pairing.types, strict=True)))


def _as_text(pairing: Pairing, logged: SqlType, key: SqlType) -> bool:
    """Texts go by their bytes, since the log may have another collation than the table."""
    return not pairing.ordered or logged.oid in STRINGS or not logged.compatible(key)
