"""The values of rows that differ: column by column, as text, cut on the server."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from cutover import sqlfiles
from cutover.postgres.rowdiff.compare import Comparison
from cutover.postgres.rowdiff.model import ColumnDifference, Difference, Key, Kind
from cutover.postgres.rowdiff.pairs import paired
from cutover.postgres.rowdiff.predicates import TypedColumn, column_differs
from cutover.postgres.rowdiff.session import Db

SHOWN = 200


def differences(db: Db, comparison: Comparison, examples: Sequence[tuple[Kind, Key]]) -> list[Difference]:
    """Name the differing columns of ``examples``, in their order; must run in the snapshot that found them."""
    names = comparison.pairing.left.labels
    changed = [key for kind, key in examples if kind == "changed"]
    values = _values(db, comparison, changed) if changed else {}
    return [Difference(kind, dict(zip(names, key, strict=True)), values.get(key, ())) for kind, key in examples]


def _values(db: Db, comparison: Comparison, keys: Sequence[Key]) -> dict[Key, tuple[ColumnDifference, ...]]:
    pairing, columns = comparison.pairing, comparison.columns
    comma = sql.SQL(", ")
    query = sqlfiles.compose(
        "rowdiff/details",
        key_text=comma.join(pairing.texts(pairing.left, "l")),
        column_differs=comma.join(column_differs(c) for c in columns),
        left_values=comma.join(_shown(c, c.column.left) for c in columns),
        right_values=comma.join(_shown(c, c.column.right) for c in columns),
        pairs=paired(pairing, keys),
        left=sql.Identifier("l", pairing.left.key[0]),
        right=sql.Identifier("r", pairing.right.key[0]),
    )
    found = {}
    for key, differs, lefts, rights in db.execute(query):
        rows = zip(columns, differs, lefts, rights, strict=True)
        found[tuple(key)] = tuple(ColumnDifference(c.column.name, a, b) for c, yes, a, b in rows if yes)
    return found


def _shown(column: TypedColumn, expression: sql.Composable) -> sql.Composable:
    """Nothing of a column that is equal; a long value is cut, and named by its length and md5."""
    return sqlfiles.compose(
        "rowdiff/shown",
        differs=column_differs(column),
        text=sql.SQL("({})::pg_catalog.text").format(expression),
        most=sql.Literal(SHOWN),
    )
