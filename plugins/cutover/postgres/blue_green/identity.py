"""REPLICA IDENTITY FULL for tables whose rows nothing else tells apart, for as long as the run lasts."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from cutover.context import Db, RunContext
from cutover.postgres.blue_green import state
from cutover.postgres.blue_green.tables import TableMap
from cutover.postgres.online import locks

DETAIL = "identities"
LOOK = (
    "SELECT c.oid, c.relreplident::text, (SELECT x.relname FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid"
    " WHERE i.indrelid = c.oid AND i.indisreplident) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE (n.nspname, c.relname) = (%s, %s)"
)
HOW = {"d": sql.SQL("DEFAULT"), "n": sql.SQL("NOTHING"), "f": sql.SQL("FULL")}


def ensure(ctx: RunContext, db: Db, tables: Sequence[TableMap]) -> int:
    """Set REPLICA IDENTITY FULL where a table asks for it, remembering what it was; returns on how many tables."""
    changed = 0
    for table in tables:
        if table.followed and table.identity == "full":
            row = db.execute(LOOK, (table.schema, table.table)).fetchone()
            if row and row[1] != "f":
                _change(ctx, db, table.schema, table.table, row[0], sql.SQL("FULL"), _before(row[1], row[2]))
                changed += 1
    return changed


def restore(ctx: RunContext, db: Db) -> int:
    """Set every replica identity back to what it was; returns how many."""
    side = state.find(db, ctx.run_id)
    remembered = dict(side.detail.get(DETAIL) or {}) if side else {}
    for schema, tables in remembered.items():
        for table, before in dict(tables).items():
            row = db.execute(LOOK, (schema, table)).fetchone()
            if row:
                _change(ctx, db, schema, table, row[0], _how(before), None)
    return sum(len(tables) for tables in remembered.values())


def _before(kind: str, index: str | None) -> str:
    return f"i:{index}" if kind == "i" and index else kind


def _how(before: str) -> sql.Composable:
    kind, _, index = before.partition(":")
    return sql.SQL("USING INDEX {}").format(sql.Identifier(index)) if index else HOW[kind]


def _change(
    ctx: RunContext, db: Db, schema: str, table: str, oid: int, how: sql.Composable, before: str | None
) -> None:
    """Change it and what is remembered of it, in one transaction."""
    name = sql.Identifier(schema, table)

    def work(wait_ms: int) -> None:
        locks.lock_all(db, [name], wait_ms)
        db.execute(sql.SQL("ALTER TABLE {} REPLICA IDENTITY {}").format(name, how))
        side = state.find(db, ctx.run_id)
        remembered = dict(side.detail.get(DETAIL) or {}) if side else {}
        tables = {key: value for key, value in dict(remembered.get(schema) or {}).items() if key != table}
        remembered[schema] = {**tables, **({table: before} if before else {})}
        state.put(db, ctx.run_id, **{DETAIL: {key: value for key, value in remembered.items() if value}})

    locks.attempt(ctx, db, f"replica identity of {schema}.{table}", lambda: [oid], work)
