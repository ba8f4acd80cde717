"""Put the plan of a change of shape together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg
from psycopg import sql

from cutover.context import Db, RunContext
from cutover.postgres.plan.model import Range
from cutover.postgres.plan.point import taken as point_taken
from cutover.postgres.plan_dual.model import Change, DualPlan, InPlacePlan, NewTable
from cutover.postgres.preflight.finding import Finding
from cutover.spec.dual import DualShape
from cutover.spec.models import TableSpec

# Rows a second that are derived in batches, on slow and on fast machines; measured, see docs/dual-write.md.
SLOW, FAST = 4_000, 30_000
# Rows a second that are filled in place.
IN_PLACE_SLOW, IN_PLACE_FAST = 10_000, 100_000


def dual_plan(ctx: RunContext, findings: Sequence[Finding] | None = None) -> DualPlan:
    """Return the plan of a run of the dual_write strategy; changes nothing.

    :param findings: of a preflight just made; by default the rules are judged here.
    :raises ConnectionRefused: the source cannot be reached.
    """
    # The engine knows the plan's words; imported here, each can be imported before the other.
    from cutover.postgres.dual_write import readiness
    from cutover.postgres.in_place import readiness as in_place

    spec, fast, slow = ctx.spec, FAST, SLOW
    changes: list[Change] = []
    tables: list[NewTable] = []
    with ctx.source("plan", statement_timeout="60s") as db:
        if spec.form == "columns":
            changes = [_change(db, table) for table in spec.tables]
            known = [change.rows for change in changes if change.new and change.rows is not None]
            fast, slow = IN_PLACE_FAST, IN_PLACE_SLOW
        else:
            tables = [_table(db, shape) for shape in spec.shapes]
            known = [table.rows for table in tables if table.rows is not None]
        version = db.info.server_version // 10000
    rules = in_place.findings if spec.form == "columns" else readiness.findings
    return (InPlacePlan if changes else DualPlan)(
        migration=spec.name,
        title=spec.title,
        owner=spec.owner,
        description=spec.description,
        source=ctx.source_info.label(),
        version=str(version),
        writer=spec.writer,
        store=ctx.resolve(spec.flags.store or spec.source).label(),
        instances=spec.flags.instances,
        made_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        tables=tables,
        changes=changes,
        left_out=dict(spec.left_out),
        way_back=[shape.qualified for shape in spec.back],
        shadow=spec.reads.shadow,
        steps=list(spec.reads.steps),
        hold=spec.reads.hold.total_seconds(),
        fill=Range(sum(known) / fast, sum(known) / slow) if known else None,
        findings=list(findings) if findings is not None else list(rules(ctx)),
        point=point_taken(ctx),
        automatic_rollback=spec.rollback.automatic,
        approval=spec.cutover.approval,
        window_start=spec.announce.window_start.isoformat() if spec.announce.window_start else None,
        channel=spec.announce.channel,
        window=spec.rollback.window.total_seconds(),
        max_pause=spec.cutover.max_pause.total_seconds(),
        up_sql=spec.up_sql,
        run_id=ctx.run_id,
    )


def _change(db: Db, table: TableSpec) -> Change:
    """One table that changes in place; how many rows it has is the planner's estimate."""
    query = "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s)"
    name = sql.Identifier(table.schema_name, table.table_name).as_string(db)
    row = db.execute(query, (name,)).fetchone()
    rows = int(row[0]) if row and row[0] >= 0 else None
    fate = "dropped" if table.old_table == "drop" else "left there"
    return Change(table.qualified, table.rename, dict(table.columns), dict(table.reverse), table.alter_sql, fate, rows)


def _table(db: Db, shape: DualShape) -> NewTable:
    origins = [".".join(origin) for origin in sorted(shape.origins)]
    return NewTable(shape.qualified, list(shape.key), origins, _expected(db, shape))


def _expected(db: Db, shape: DualShape) -> int | None:
    """How many rows the query gives, as the planner believes; it is read by nobody."""
    query = sql.SQL(shape.rows_sql.strip().rstrip(";"))  # type: ignore[arg-type]  # the spec's own SQL
    try:
        with db.transaction(force_rollback=True):
            db.execute("SET LOCAL search_path = public, pg_temp")
            row = db.execute(sql.SQL("EXPLAIN (FORMAT json) ") + query).fetchone()
    except psycopg.Error:
        return None  # preflight says what is wrong with it
    return int(row[0][0]["Plan"]["Plan Rows"]) if row else None
