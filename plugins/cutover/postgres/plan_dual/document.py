"""Put the plan of a change of shape together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg
from psycopg import sql

from cutover.context import Db, RunContext
from cutover.postgres.plan.model import Range
from cutover.postgres.plan.point import taken as point_taken
from cutover.postgres.plan_dual.model import DualPlan, NewTable
from cutover.postgres.preflight.finding import Finding
from cutover.spec.dual import DualShape

# Rows a second that are derived in batches, on slow and on fast machines; measured, see docs/dual-write.md.
SLOW, FAST = 4_000, 30_000


def dual_plan(ctx: RunContext, findings: Sequence[Finding] | None = None) -> DualPlan:
    """Return the plan of a run of the dual_write strategy; changes nothing.

    :param findings: of a preflight just made; by default the rules are judged here.
    :raises ConnectionRefused: the source cannot be reached.
    """
    # The engine knows the plan's words; imported here, each can be imported before the other.
    from cutover.postgres.dual_write import readiness

    spec = ctx.spec
    with ctx.source("plan", statement_timeout="60s") as db:
        tables = [_table(db, shape) for shape in spec.shapes]
        version = db.info.server_version // 10000
    known = [table.rows for table in tables if table.rows is not None]
    return DualPlan(
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
        left_out=dict(spec.left_out),
        way_back=[shape.qualified for shape in spec.back],
        shadow=spec.reads.shadow,
        steps=list(spec.reads.steps),
        hold=spec.reads.hold.total_seconds(),
        fill=Range(sum(known) / FAST, sum(known) / SLOW) if known else None,
        findings=list(findings) if findings is not None else list(readiness.findings(ctx)),
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
