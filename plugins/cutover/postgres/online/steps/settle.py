"""Settle: after an exchange, validate the foreign keys that it added, and bring statistics up to date."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.online import guard, locks, parts, state
from cutover.postgres.online.foreign_keys import ForeignKey
from cutover.postgres.online.state import Table


class Orphans(CutoverError):
    """Rows refer to rows that are not there."""

    code = "ONL060"


def settle(ctx: RunContext) -> dict[str, Any]:
    """Validate foreign keys one by one; reads and writes go on meanwhile.

    :returns: ``{"validated": n, "seconds": s}``.
    :raises Orphans: a foreign key does not hold; it stays NOT VALID.
    """
    began = time.monotonic()
    with guard.alone(ctx, "settle") as db:
        validated = sum(settle_table(ctx, db, table) for table in state.tables(db, ctx.run_id))
    return {"validated": validated, "seconds": round(time.monotonic() - began, 3)}


def settle_table(ctx: RunContext, db: psycopg.Connection[Any], table: Table) -> int:
    """Validate what the last exchange left NOT VALID on and around one table; returns how many there were."""
    count = 0
    for item in table.design.to_validate:
        key = ForeignKey.from_list(item)
        if _there(db, key):
            _validate(ctx, db, table, key)
            count += 1
    state.set_design(db, table, replace(table.design, to_validate=[]))
    db.execute(sql.SQL("ANALYZE {}").format(table.names.live))
    if table.phase == "swapped":
        state.set_phase(db, table, "settled")
    return count


def _there(db: psycopg.Connection[Any], key: ForeignKey) -> bool:
    """Whether the key exists and still waits: somebody may have dropped or validated it since."""
    row = db.execute(
        "SELECT NOT k.convalidated FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE (n.nspname, c.relname, k.conname) = (%s, %s, %s)",
        (key.schema, key.table, key.name),
    ).fetchone()
    return bool(row and row[0])


def _validate(ctx: RunContext, db: psycopg.Connection[Any], table: Table, key: ForeignKey) -> None:
    def work(wait_ms: int) -> None:
        db.execute("SELECT set_config('lock_timeout', %s, true)", (f"{wait_ms}ms",))
        db.execute(sql.SQL("ALTER TABLE {} VALIDATE CONSTRAINT {}").format(key.on, sql.Identifier(key.name)))

    what = f"validating {key.name} on {key.schema}.{key.table}"
    try:
        locks.attempt(ctx, db, what, lambda: list(parts.sides(table)), work)
    except psycopg.errors.ForeignKeyViolation as error:
        raise Orphans(
            f"{key.name} on {key.schema}.{key.table} does not hold: {error.diag.message_detail}",
            fix=f"mend the rows, then ALTER TABLE {key.schema}.{key.table} VALIDATE CONSTRAINT {key.name}",
        ) from error
