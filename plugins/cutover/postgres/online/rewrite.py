"""Rewrite the follower's rows for a set of keys from the live table: removal of all, then insertion of all.

Rows are removed and inserted rather than updated: a set may carry rows that exchanged the value of a unique
column, and only removing all of them first makes their order irrelevant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from cutover import sqlfiles
from cutover.postgres.online import rows
from cutover.postgres.online.design import Key
from cutover.postgres.online.mapping import Pair
from cutover.postgres.online.names import cut
from cutover.postgres.online.state import Table


@dataclass(frozen=True, slots=True)
class Flow:
    """One table, from its live side to its follower, with the tables named as they are now."""

    table: Table
    live: sql.Identifier
    follower: sql.Identifier

    @classmethod
    def of(cls, table: Table) -> Flow:
        return cls(table, table.names.live, table.names.follower(table.live))

    @property
    def log(self) -> sql.Identifier:
        return self.table.names.log(self.table.live)

    @property
    def key(self) -> Key:
        return self.table.design.key(self.table.live)

    @property
    def follower_key(self) -> Key:
        return self.table.design.key(self.table.other)

    @property
    def pairs(self) -> list[Pair]:
        return self.table.design.pairs(self.table.live)


def temporary(db: psycopg.Connection[Any], flow: Flow) -> tuple[str, str]:
    """Create, or empty, the session's temporary tables for keys and kept values."""
    names = flow.table.names
    keys = cut(f"cutover_keys_{names.number}_{names.ordinal}_{flow.table.live}")
    stash = cut(f"cutover_stash_{names.number}_{names.ordinal}_{flow.table.live}")
    kept = rows.kept(flow.pairs)
    there = db.execute("SELECT to_regclass('pg_temp.' || quote_ident(%s)) IS NOT NULL", (keys,)).fetchone()
    if there and there[0]:
        db.execute(sql.SQL("TRUNCATE pg_temp.{}").format(sql.Identifier(keys)))
        if kept:
            db.execute(sql.SQL("TRUNCATE pg_temp.{}").format(sql.Identifier(stash)))
        return keys, stash
    db.execute(
        sql.SQL("CREATE TEMPORARY TABLE {} AS SELECT {} FROM {} WITH NO DATA").format(
            sql.Identifier(keys), flow.key.ks(), flow.log
        )
    )
    if kept:
        columns = _list(
            sql.SQL("{} AS {}").format(sql.Identifier("f", pair.column), sql.Identifier(f"kept{i}"))
            for i, pair in enumerate(kept, 1)
        )
        db.execute(
            sql.SQL("CREATE TEMPORARY TABLE {} AS SELECT {}{} FROM {} AS l, {} AS f WITH NO DATA").format(
                sql.Identifier(stash), flow.key.ks("l"), columns, flow.log, flow.follower
            )
        )
    return keys, stash


def rewrite(db: psycopg.Connection[Any], flow: Flow, keys: str, stash: str) -> None:
    """Make the follower's rows for the keys in ``pg_temp.keys`` what the live rows say."""
    kept = rows.kept(flow.pairs)
    parts = {
        "follower": flow.follower,
        "live": flow.live,
        "keys": sql.Identifier(keys),
        "stash": sql.Identifier(stash),
        "alias": sql.Identifier(flow.table.names.table),
    }
    there = flow.follower_key.equals_k("f", "t", flow.key.types)
    here = flow.key.equals_k("l", "t", flow.key.types)
    if not kept:
        _run(db, "drain_remove_plain", match=there, **parts)
        _run(db, "drain_put", columns=rows.columns(flow.pairs), values=rows.values(flow.pairs), match=here, **parts)
        return
    _run(
        db,
        "drain_remove",
        match=there,
        ks=flow.key.ks(),
        stash_ks=flow.key.ks("t"),
        kept=_list(sql.Identifier("f", pair.column) for pair in kept),
        stash_columns=_list(sql.Identifier(f"kept{i}") for i, _ in enumerate(kept, 1)),
        **parts,
    )
    _run(db, "drain_put_kept", match=here, **_kept_parts(flow, kept), **parts)


def _kept_parts(flow: Flow, kept: list[Pair]) -> dict[str, sql.Composable]:
    filled = [pair for pair in flow.pairs if pair.filled]
    count = len(flow.key.columns)
    return {
        "columns": rows.columns(flow.pairs),
        "kept_columns": _list(sql.Identifier(pair.column) for pair in kept),
        "outputs": sql.SQL(", ").join(sql.Identifier("r", f"v{i}") for i, _ in enumerate(filled, 1)),
        "named_values": _list(
            sql.SQL("{} AS {}").format(pair.value(), sql.Identifier(f"v{i}")) for i, pair in enumerate(filled, 1)
        ),
        "kept_values": _list(
            sql.SQL("CASE WHEN s.k1 IS NULL THEN {} ELSE {} END").format(
                sql.SQL(pair.default or "NULL"),  # type: ignore[arg-type]
                sql.Identifier("s", f"kept{i}"),
            )
            for i, pair in enumerate(kept, 1)
        ),
        "ks_of_row": flow.key.as_k(),
        "stash_match": sql.SQL(" AND ").join(
            sql.SQL("r.{0} = s.{0}").format(sql.Identifier(f"k{i}")) for i in range(1, count + 1)
        ),
    }


def _list(items: Any) -> sql.Composed:
    """``, a, b``: a continuation of a list, empty when there are none."""
    return sql.Composed([part for item in items for part in (sql.SQL(", "), item)])


def _run(db: psycopg.Connection[Any], name: str, **parts: sql.Composable) -> None:
    db.execute(sqlfiles.compose(f"online/{name}", **parts))
