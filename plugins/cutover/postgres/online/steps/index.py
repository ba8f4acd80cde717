"""After the backfill: the key, then what happened meanwhile, then every other index and constraint, then ANALYZE.

Indexes are not built CONCURRENTLY: nobody but this project reads or writes the shadow, so the plain build, which
scans once and cannot end up invalid, delays nobody.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from psycopg import sql

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.online import drain, guard, matviews, state
from cutover.postgres.online.meter import Meter
from cutover.postgres.online.shadow import build_index
from cutover.postgres.online.state import Table
from cutover.postgres.online.steps.catch_up import in_step


class IndexFailed(CutoverError):
    """The copied rows do not satisfy an index or constraint of the shadow table."""

    code = "ONL031"


def index(ctx: RunContext) -> dict[str, Any]:
    """Finish every filled shadow table.

    :returns: ``{"drained": n, "indexes": n, "seconds": s}``.
    :raises IndexFailed: duplicates in a unique index, or a constraint that rows violate.
    """
    began = time.monotonic()
    drained = built = 0
    with guard.alone(ctx, "index") as db:
        for table in state.tables(db, ctx.run_id):
            if table.phase == "filled":
                built += build_key(ctx, db, table)
                table = state.set_phase(db, table, "keyed")
            if table.phase == "keyed":
                drained += _backlog(ctx, table)
                built += _others(ctx, table)
                _finish(db, table)
                matviews.prebuild(ctx, db, table)
                state.set_phase(db, table, "indexed")
    return {"drained": drained, "indexes": built, "seconds": round(time.monotonic() - began, 3)}


def _is_key(table: Table, item: dict[str, Any]) -> bool:
    return item["unique"] and not item["partial"] and set(item["columns"]) == set(table.design.shadow_key.columns)


def build_key(ctx: RunContext, db: psycopg.Connection[Any], table: Table) -> int:
    """Build what finds a row by its key; the drain needs it."""
    names = table.names
    found = [item for item in table.design.indexes if _is_key(table, item)]
    for item in found:
        _build(ctx, table, item)
    if not found:
        db.execute(
            sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} ({})").format(
                sql.Identifier(f"cutover_key_{names.number}_{names.ordinal}"),
                names.shadow,
                table.design.shadow_key.names(),
            )
        )
    db.execute(sql.SQL("ANALYZE {}").format(names.shadow))
    return len(found) or 1


def _backlog(ctx: RunContext, table: Table) -> int:
    """Drain what was touched during the backfill; the log's length is known, so there is an ETA here too."""
    with ctx.source("drain") as db:
        meter = Meter(ctx, "drain", table.label, drain.pending(db, table))
    done, _ = in_step(ctx, table, tell=meter.add)
    meter.finish(done)
    return done


def _others(ctx: RunContext, table: Table) -> int:
    rest = [item for item in table.design.indexes if not _is_key(table, item)]
    with ThreadPoolExecutor(max(1, ctx.spec.backfill.workers), thread_name_prefix="cutover-index") as pool:
        jobs = [pool.submit(_build, ctx, table, item) for item in rest]
    for job in jobs:
        job.result()
    return len(rest)


def _build(ctx: RunContext, table: Table, item: dict[str, Any]) -> None:
    """Build one index or constraint, unless an earlier attempt did."""
    with ctx.source("index", maintenance_work_mem="256MB", default_tablespace=item["tablespace"] or "") as db:
        there = db.execute(
            "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE (n.nspname, c.relname) = (%s, %s)",
            (table.names.new_schema, item["name"]),
        ).fetchone()
        if there:
            return
        ctx.log.info("building %s on the shadow of %s", item["name"], table.label)
        try:
            build_index(db, table.names.shadow, item)
        except psycopg.errors.IntegrityError as error:
            raise IndexFailed(
                f"{item['name']} cannot be built on the shadow of {table.label}: {error.diag.message_primary}."
                f" {error.diag.message_detail or ''}",
                fix="mend these rows in the live table, or change alter.",
            ) from error


def _finish(db: psycopg.Connection[Any], table: Table) -> None:
    """What hangs on indexes and constraints, and is cheap; each statement may run twice."""
    names = table.names
    for item in table.design.indexes:
        _dress_index(db, table, item)
    for name, definition in table.design.checks:
        there = db.execute(
            "SELECT 1 FROM pg_constraint WHERE conrelid = %s AND conname = %s", (table.shadow, name)
        ).fetchone()
        if not there:
            db.execute(
                sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
                    names.shadow,
                    sql.Identifier(name),
                    sql.SQL(definition),  # type: ignore[arg-type]
                )
            )
    _replica_identity(db, table)
    # The visibility map too: without it the first index-only scans after the swap would visit every row.
    db.execute(sql.SQL("VACUUM (ANALYZE) {}").format(names.shadow))


def _dress_index(db: psycopg.Connection[Any], table: Table, item: dict[str, Any]) -> None:
    name = sql.Identifier(table.names.new_schema, item["name"])
    for option in item["options"] or []:
        key, _, value = option.partition("=")
        db.execute(sql.SQL("ALTER INDEX {} SET ({} = {})").format(name, sql.Identifier(key), sql.Literal(value)))
    for number, target in item["statistics_targets"] or []:
        db.execute(
            sql.SQL("ALTER INDEX {} ALTER COLUMN {} SET STATISTICS {}").format(
                name, sql.Literal(number), sql.Literal(target)
            )
        )
    if item["comment"]:
        db.execute(sql.SQL("COMMENT ON INDEX {} IS {}").format(name, sql.Literal(item["comment"])))
    if item["constraint_comment"]:
        db.execute(
            sql.SQL("COMMENT ON CONSTRAINT {} ON {} IS {}").format(
                sql.Identifier(item["constraint"]), table.names.shadow, sql.Literal(item["constraint_comment"])
            )
        )
    if item["clustered"]:
        db.execute(sql.SQL("ALTER TABLE {} CLUSTER ON {}").format(table.names.shadow, sql.Identifier(item["name"])))


def _replica_identity(db: psycopg.Connection[Any], table: Table) -> None:
    row = db.execute("SELECT relreplident::text FROM pg_class WHERE oid = %s", (table.original,)).fetchone()
    kind = row[0] if row else "d"
    chosen = next((item["name"] for item in table.design.indexes if item["replica_identity"]), None)
    if kind == "f":
        how: sql.Composable = sql.SQL("FULL")
    elif kind == "n":
        how = sql.SQL("NOTHING")
    elif kind == "i" and chosen:
        how = sql.SQL("USING INDEX {}").format(sql.Identifier(chosen))
    else:
        return
    db.execute(sql.SQL("ALTER TABLE {} REPLICA IDENTITY {}").format(table.names.shadow, how))
