"""Is a row of a shape found by an index, or by reading whole tables at every write? The planner is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import sql

from cutover import sqlfiles
from cutover.context import Db
from cutover.postgres.dual_write.shape import Shape

# Without these it takes an index wherever one can be used, however few rows there are now.
FORBIDDEN = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_material", "enable_memoize")

# Without a condition they read the whole index.
WHOLE = ("Index Scan", "Index Only Scan")


def read_through(db: Db, shape: Shape) -> list[str]:
    """Return the tables (``schema.name``) that are read through to derive one row, because no index fits.

    :param db: a session in a transaction, which is not going to be committed.
    """
    wanted = sql.SQL("unnest({}) AS w ({})").format(sql.SQL(", ").join(shape.arrays([])), shape.names())
    query = sqlfiles.compose("dual_write/lookup", wanted=wanted, rows=shape.query, q_is_w=shape.same("q", "w"))
    with db.transaction(force_rollback=True):
        db.execute("SET LOCAL search_path = public, pg_temp")
        for setting in FORBIDDEN:
            db.execute(sql.SQL("SET LOCAL {} = off").format(sql.Identifier(setting)))
        row = db.execute(query).fetchone()
    return sorted({f"{node['Schema']}.{node['Relation Name']}" for node in _scans(row[0][0]["Plan"] if row else {})})


def _scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kind = plan.get("Node Type")
    if kind == "Seq Scan" or (kind in WHOLE and "Index Cond" not in plan):
        yield plan
    for part in plan.get("Plans", []):
        yield from _scans(part)
