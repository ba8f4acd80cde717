"""Take away what a run created; every part may be gone already."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from cutover import points
from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.online import capture, locks, parts, state
from cutover.postgres.online.state import Table


class InUse(CutoverError):
    """Objects of others depend on what is to be removed."""

    code = "ONL072"


def capture_off(ctx: RunContext, db: psycopg.Connection[Any], table: Table) -> None:
    """Drop the capture triggers from the live table, whichever that is."""
    live, _ = parts.sides(table)
    if not _any_trigger(db, live):
        return

    def work(wait_ms: int) -> None:
        locks.lock_all(db, [table.names.live], wait_ms)
        capture.stop(db, table.names.live)

    locks.attempt(ctx, db, f"ending capture on {table.label}", lambda: [live], work)


def _any_trigger(db: psycopg.Connection[Any], table: int) -> bool:
    row = db.execute(
        "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s AND tgname LIKE 'cutover\\_capture\\_%%'", (table,)
    ).fetchone()
    return bool(row and row[0])


def traces(db: psycopg.Connection[Any], table: Table) -> None:
    """Drop logs, functions, checkpoints and set-aside keys of one table; capture is off."""
    names = table.names
    with db.transaction():
        capture.drop_log(db, names, "original")
        capture.drop_log(db, names, "shadow")
        for item in (names.fill, names.stuck):
            db.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(item))
        db.execute("DELETE FROM cutover.truncation WHERE (number, ordinal) = (%s, %s)", (names.number, names.ordinal))
    points.reach("remove.traces")


def schemas(db: psycopg.Connection[Any], number: int) -> list[str]:
    """Drop this run's schemas with what is left in them; returns the names dropped."""
    found = [*_schemas(db, "new", number), *old_schemas(db, number)]
    for name in found:  # first, because they may rest on tables in another of these schemas
        matviews(db, name)
    for name in found:
        _schema(db, name)
    return found


def old_schemas(db: psycopg.Connection[Any], number: int) -> list[str]:
    """Return the schemas to which the swap moved what was live."""
    return _schemas(db, "old", number)


def _schemas(db: psycopg.Connection[Any], kind: str, number: int) -> list[str]:
    prefix = f"cutover_{kind}_{number}_"
    query = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s) ORDER BY nspname"
    return [row[0] for row in db.execute(query, (prefix,))]


def _schema(db: psycopg.Connection[Any], name: str) -> None:
    """Drop a schema of ours, but never anything of others that has come to rest on it."""
    try:
        with db.transaction():
            for relation in _relations(db, name, "r"):
                db.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name, relation)))
            db.execute(sql.SQL("DROP SCHEMA {}").format(sql.Identifier(name)))
    except psycopg.errors.DependentObjectsStillExist as error:
        raise InUse(
            f"schema {name} cannot be dropped, something rests on it: {error.diag.message_detail}",
            fix="drop or change these objects, then run the step again.",
        ) from error


def matviews(db: psycopg.Connection[Any], schema: str) -> None:
    """Drop the materialized views of a schema of ours."""
    for relation in _relations(db, schema, "m"):
        db.execute(sql.SQL("DROP MATERIALIZED VIEW {}").format(sql.Identifier(schema, relation)))


def _relations(db: psycopg.Connection[Any], schema: str, kind: str) -> list[str]:
    query = (
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relkind::text = %s ORDER BY c.relname"
    )
    return [row[0] for row in db.execute(query, (schema, kind))]


def forget(db: psycopg.Connection[Any], run_id: str) -> None:
    """Remove the run's rows, and with the last run the state schema."""
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(hashtextextended('cutover.online.state', 0))")
        if state.exists(db):
            state.forget(db, run_id)
