"""Put a plan together from one look at the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg

from cutover.context import RunContext
from cutover.postgres.plan import estimate
from cutover.postgres.plan.affected import affected
from cutover.postgres.plan.changes import changes, kept
from cutover.postgres.plan.measure import measure
from cutover.postgres.plan.model import Measured, Plan, TablePlan
from cutover.postgres.plan.point import taken as point_taken
from cutover.postgres.plan.steps import steps
from cutover.postgres.plan_dual import DualPlan, dual_plan
from cutover.postgres.plan_pair import PairPlan, pair_plan
from cutover.postgres.plan_window import WindowPlan, window_plan
from cutover.postgres.preflight import Facts, Finding, Limits, gather, judge, locks_of
from cutover.postgres.preflight.disk import needed
from cutover.postgres.preflight.facts import Table

AnyPlan = Plan | PairPlan | WindowPlan | DualPlan


def plan_document(ctx: RunContext, findings: Sequence[Finding] | None = None) -> AnyPlan:
    """Return the plan of a run, or of a draft that has no run yet, whatever its strategy; changes nothing.

    :param findings: of a preflight just made; by default the rules are run here.
    :raises ConnectionRefused: a database cannot be reached.
    """
    if ctx.spec.strategy == "blue_green" or ctx.spec.form == "databases":
        return pair_plan(ctx, findings)
    if ctx.spec.strategy == "stop_the_world":
        return window_plan(ctx, findings)
    if ctx.spec.strategy == "dual_write":
        return dual_plan(ctx, findings)
    return online_plan(ctx, findings)


def online_plan(ctx: RunContext, findings: Sequence[Finding] | None = None) -> Plan:
    """Return the plan of a run of the online strategy.

    Opens a session of its own to the source, reads the catalog and copies a sample in transactions that are
    rolled back; about a second for each table.

    :param findings: of a preflight just made; by default the rules are run here.
    :raises ConnectionRefused: the source cannot be reached.
    """
    with ctx.source("plan") as db:
        facts = gather(db, ctx.spec, Limits(run_id=ctx.run_id))
        found = list(findings) if findings is not None else judge(facts)
        return replace(plan_of(db, facts, found, ctx.source_info.label(), ctx.run_id), point=point_taken(ctx))


def plan_of(
    db: psycopg.Connection[Any], facts: Facts, findings: list[Finding], database: str, run_id: str | None = None
) -> Plan:
    """The same from facts that were gathered before, on the session ``db``."""
    spec = facts.spec
    tables = [_table(db, facts, table) for table in facts.tables]
    locks = locks_of(facts)
    parts = [part for table in tables for part in (table.fill, table.build_indexes, table.verify)]
    return Plan(
        migration=spec.name,
        title=spec.title,
        owner=spec.owner,
        description=spec.description,
        database=database,
        server=facts.server.version_text,
        made_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        tables=tables,
        findings=findings,
        steps=steps(spec, tables, locks),
        locks=locks,
        affected=affected(facts),
        disk=needed(facts),
        total=estimate.total(parts) if parts else None,
        window=spec.rollback.window.total_seconds(),
        automatic_rollback=spec.rollback.automatic,
        approval=spec.cutover.approval,
        window_start=spec.announce.window_start.isoformat() if spec.announce.window_start else None,
        channel=spec.announce.channel,
        up_sql=spec.up_sql,
        run_id=run_id,
    )


def _table(db: psycopg.Connection[Any], facts: Facts, table: Table) -> TablePlan:
    changed, unchanged = changes(table)
    estimated = table.relation.rows_estimated
    rows = estimated if estimated is not None and estimated >= 0 else None
    measured = measure(db, facts, table)
    plan = TablePlan(
        name=table.label,
        rows=rows,
        heap=table.size.heap if table.size else 0,
        indexes=table.size.indexes if table.size else 0,
        key=table.key.columns if table.key else [],
        changes=changed,
        unchanged=unchanged,
        statements=table.spec.alter_sql or "",
        constraints=[f"{constraint.name} {constraint.definition}" for constraint in table.trial.new_constraints],
        kept=kept(table),
        old_table=table.spec.old_table,
        measured=measured,
    )
    return _timed(plan, facts, measured, rows) if measured and rows is not None else plan


def _timed(plan: TablePlan, facts: Facts, measured: Measured, rows: int) -> TablePlan:
    pace = facts.spec.backfill
    return replace(
        plan,
        fill=estimate.fill(measured, rows, pace.workers, pace.batch_rows, pace.pause.total_seconds()),
        build_indexes=estimate.build_indexes(measured, rows),
        verify=estimate.verify(measured, rows),
    )
