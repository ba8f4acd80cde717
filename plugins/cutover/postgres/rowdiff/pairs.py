"""Rows of both sides put next to each other: those of a key range, or those of a list of keys."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from cutover import sqlfiles
from cutover.postgres.rowdiff.chunks import KeyRange
from cutover.postgres.rowdiff.keys import Pairing
from cutover.postgres.rowdiff.model import Key

Keys = Sequence[Key]
Part = KeyRange | Keys


def paired(pairing: Pairing, part: Part) -> sql.Composable:
    """Return a FROM clause that gives each row of ``part`` as ``l``, ``r`` or both (the lacking one all NULL)."""
    return _in_range(pairing, part) if isinstance(part, KeyRange) else _by_key(pairing, part)


def _in_range(pairing: Pairing, part: KeyRange) -> sql.Composable:
    return sqlfiles.compose(
        "rowdiff/pairs_in_range",
        left=pairing.left.relation,
        right=pairing.right.relation,
        left_within=part.condition(pairing, pairing.left, "l"),
        right_within=part.condition(pairing, pairing.right, "r"),
        join=pairing.join,
    )


def _by_key(pairing: Pairing, keys: Keys) -> sql.Composable:
    names = [sql.Identifier(f"k{n}") for n in range(1, len(pairing.types) + 1)]
    values = [pairing.value(sql.SQL("t.{}").format(name), n) for n, name in enumerate(names)]
    wanted = [sql.SQL("k.{}").format(name) for name in names]
    columns = (sql.SQL("{}::text[]").format(sql.Literal([key[n] for key in keys])) for n in range(len(names)))
    return sqlfiles.compose(
        "rowdiff/pairs_by_key",
        values=sql.SQL(", ").join(sql.SQL("{} AS {}").format(v, n) for v, n in zip(values, names, strict=True)),
        texts=sql.SQL(", ").join(columns),
        names=sql.SQL(", ").join(names),
        left=pairing.left.relation,
        right=pairing.right.relation,
        left_key=pairing.equal(pairing.expressions(pairing.left, "l"), wanted),
        right_key=pairing.equal(pairing.expressions(pairing.right, "r"), wanted),
    )
