"""Build: the spec's own SQL, the shadow tables, and capture on the live ones."""

from __future__ import annotations

from typing import Any

import psycopg

from cutover import points
from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.online import capture, catalog, fingerprint, guard, locks, shadow, slices, state, stuck
from cutover.postgres.online.names import Names
from cutover.postgres.online.state import Table
from cutover.spec.models import TableSpec


class UpFailed(CutoverError):
    """The spec's ``schema: up`` does not run."""

    code = "ONL005"


def build(ctx: RunContext) -> dict[str, Any]:
    """Create shadow tables and start to capture; what is there already is left as it is.

    :returns: ``{"tables": [labels]}``.
    """
    number = ctx.journal.get_run(ctx.run_id).number
    with guard.alone(ctx, "build") as db:
        state.prepare(db, ctx.run_id, number)
        _up(ctx, db)
        there = {table.names.ordinal for table in state.tables(db, ctx.run_id)}
        for ordinal, wanted in enumerate(ctx.spec.tables, 1):
            if ordinal not in there:
                _create(ctx, db, Names(number, ordinal, wanted.schema_name, wanted.table_name), wanted)
        tables = state.tables(db, ctx.run_id)
        for table in tables:
            if table.phase == "built":
                _capture(ctx, db, table)
    return {"tables": [table.label for table in tables]}


def _up(ctx: RunContext, db: psycopg.Connection[Any]) -> None:
    text = ctx.spec.text(ctx.spec.schema_sql.up)
    done = db.execute("SELECT up_done FROM cutover.online_run WHERE run_id = %s", (ctx.run_id,)).fetchone()
    if not text or (done and done[0]):
        return
    try:
        with db.transaction():
            db.execute("SET LOCAL search_path = public")
            db.execute(text.encode())
            db.execute("UPDATE cutover.online_run SET up_done = true WHERE run_id = %s", (ctx.run_id,))
    except psycopg.Error as error:
        raise UpFailed(
            f"schema: up fails: {error.diag.message_primary or error}; all of it was undone.",
            fix="correct the file that schema: up: names.",
        ) from error


def _create(ctx: RunContext, db: psycopg.Connection[Any], names: Names, wanted: TableSpec) -> None:
    """All of one table's objects in one transaction: a worker that dies here leaves nothing."""
    state.refuse_taken(db, ctx.run_id, names.schema, names.table)
    original = catalog.oid(db, names.schema, names.table)
    wish = shadow.Wish(ctx.spec.text(wanted.alter) or "", dict(wanted.columns), dict(wanted.reverse), wanted.key)

    def work(wait_ms: int) -> None:
        db.execute("SELECT set_config('lock_timeout', %s, true)", (f"{wait_ms}ms",))
        before = fingerprint.take(db, original)
        oid, design = shadow.create(db, names, original, wish)
        capture.create_log(db, names, "original", design.original_key, names.live)
        capture.create_log(db, names, "shadow", design.shadow_key, names.shadow)
        slices.create(db, names, design.original_key)
        stuck.create(db, names, design.original_key, names.live)
        state.add(db, Table(ctx.run_id, names, original, oid, "original", "built", design, before))

    locks.attempt(ctx, db, f"building the shadow of {names.schema}.{names.table}", lambda: [original], work)
    points.reach("build.created")
    ctx.log.info("shadow table %s.%s is built", names.new_schema, names.table)


def _capture(ctx: RunContext, db: psycopg.Connection[Any], table: Table) -> None:
    def work(wait_ms: int) -> None:
        # Writers of before must have committed when capture begins: this lock waits for them.
        locks.lock_all(db, [table.names.live], wait_ms, "SHARE ROW EXCLUSIVE")
        capture.start(db, table, "original", table.names.live)
        state.set_phase(db, table, "capturing")

    _, attempts = locks.attempt(ctx, db, f"starting capture on {table.label}", lambda: [table.original], work)
    ctx.log.info("capture on %s is on (attempt %d)", table.label, attempts)
