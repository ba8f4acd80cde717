"""Put the plan of a run between two databases together from one look at both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from cutover.context import RunContext
from cutover.postgres.plan.point import taken as point_taken
from cutover.postgres.plan_pair import estimate, flags
from cutover.postgres.plan_pair.affected import affected
from cutover.postgres.plan_pair.changes import changes
from cutover.postgres.plan_pair.measure import measure
from cutover.postgres.plan_pair.model import PairPlan, PairTable, Speed
from cutover.postgres.plan_pair.steps import steps
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair import Pair, judge, look
from cutover.postgres.preflight_pair.identity import followed, full
from cutover.postgres.preflight_pair.structure import Table
from cutover.spec.sizes import format_size

# What goes wrong, or gets lost, on the way back.
WAY_BACK = frozenset({"BG061", "BG062", "BG063", "BG071", "BG072", "BG074"})


def pair_plan(ctx: RunContext, findings: Sequence[Finding] | None = None) -> PairPlan:
    """Return the plan of a run between two databases that replicate; changes nothing.

    :param findings: of a preflight just made; by default the rules are judged here.
    :raises ConnectionRefused: a side cannot be reached.
    """
    pair = look(ctx)
    with ctx.source("plan", lock_timeout="1s") as db:
        speed = measure(db, pair.blue.structure)
    found = list(findings) if findings is not None else judge(pair)
    plan = replace(plan_of(pair, found, speed, ctx.run_id), point=point_taken(ctx))
    return _flagged(ctx, pair, plan) if ctx.spec.form == "databases" else plan


def _flagged(ctx: RunContext, pair: Pair, plan: PairPlan) -> PairPlan:
    store = ctx.resolve(ctx.spec.flags.store or ctx.spec.source)
    told = flags.flags_of(pair, store.label())
    return replace(plan, flags=told, steps=list(flags.steps(plan.steps, told)))


def plan_of(pair: Pair, findings: list[Finding], speed: Speed | None, run_id: str | None = None) -> PairPlan:
    """The same from facts that were gathered before."""
    spec, blue, green = pair.spec, pair.blue, pair.green
    tables = blue.structure.travelling()
    times = estimate.times(tables, len(blue.sequences), spec.backfill.workers, speed)
    return PairPlan(
        migration=spec.name,
        title=spec.title,
        owner=spec.owner,
        description=spec.description,
        blue=blue.info.label(),
        green=green.info.label() + (" (to be made)" if green.missing else ""),
        blue_version=blue.server.version_text,
        green_version=green.server.version_text,
        router=pair.router.label,
        made_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        tables=[_table(table, pair) for table in sorted(tables, key=lambda t: -t.relation.bytes_estimated)],
        changes=changes(pair),
        changes_known=pair.survival.known,
        sequences=len(blue.sequences),
        roles=[role.name for role in blue.roles if role.name not in green.known_roles],
        findings=findings,
        steps=steps(pair, times),
        affected=affected(pair),
        lost=[f"{f.object}: {f.message}" for f in findings if f.code in WAY_BACK and _back(f)],
        database_bytes=blue.server.database_bytes,
        times=times,
        speed=speed,
        window=spec.rollback.window.total_seconds(),
        max_pause=spec.cutover.max_pause.total_seconds(),
        max_wal=format_size(spec.replication.max_wal),
        automatic_rollback=spec.rollback.automatic,
        old_database=spec.rollback.old_database,
        approval=spec.cutover.approval,
        window_start=spec.announce.window_start.isoformat() if spec.announce.window_start else None,
        channel=spec.announce.channel,
        up_sql=spec.up_sql,
        run_id=run_id,
    )


def _back(finding: Finding) -> bool:
    return any(word in finding.message for word in ("way back", "stays there", "come back", "never gets", "rounded to"))


def _table(table: Table, pair: Pair) -> PairTable:
    rows = table.relation.rows_estimated
    known = "all columns" if full(table, pair) else ", ".join(table.key.columns if table.key else ())
    return PairTable(
        table.label,
        rows if rows >= 0 else None,
        table.relation.bytes_estimated,
        table.relation.index_bytes,
        known,
        followed(table, pair),
    )
