"""Put the plan of a maintenance window together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from cutover.context import RunContext
from cutover.postgres.plan.point import taken as point_taken
from cutover.postgres.plan_window.model import WindowPlan, WindowTable
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair import gather
from cutover.spec.window import Hook


def window_plan(ctx: RunContext, findings: Sequence[Finding] | None = None) -> WindowPlan:
    """Return the plan of a run of the stop_the_world strategy; changes nothing.

    :param findings: of a preflight just made; by default the rules are judged here.
    :raises ConnectionRefused: the source cannot be reached.
    """
    # The engine knows the plan's words; imported here, each can be imported before the other.
    from cutover.postgres.stop_the_world import forecast, readiness

    spec, point = ctx.spec, point_taken(ctx)
    tried = forecast.Tried(point["seconds"], point["restore_seconds"]) if point else None
    with gather.session(ctx, "blue") as (db, _):
        structure, version = gather.structure_of(db), db.info.server_version
    tables = sorted(structure.tables.values(), key=lambda table: -table.relation.bytes_estimated)
    return WindowPlan(
        migration=spec.name,
        title=spec.title,
        owner=spec.owner,
        description=spec.description,
        source=ctx.source_info.label(),
        target=ctx.target_info.label() if spec.target else None,
        version=str(version // 10000),
        router=spec.router,
        clients=spec.cutover.clients,
        made_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        tables=[WindowTable(t.label, _known(t.relation.rows_estimated), t.relation.bytes_estimated) for t in tables],
        findings=list(findings) if findings is not None else list(readiness.findings(ctx)),
        forecast=forecast.estimate(ctx, tried),
        hooks=[(hook.when, _what(hook)) for hook in spec.hooks],
        point=point,
        automatic_rollback=spec.rollback.automatic,
        approval=spec.cutover.approval,
        window_start=spec.announce.window_start.isoformat() if spec.announce.window_start else None,
        channel=spec.announce.channel,
        window=spec.rollback.window.total_seconds(),
        drain=spec.cutover.drain.total_seconds(),
        up_sql=spec.up_sql,
        run_id=ctx.run_id,
    )


def _known(rows: int) -> int | None:
    return rows if rows >= 0 else None


def _what(hook: Hook) -> str:
    return hook.name or " ".join(hook.command or ()) or hook.url or f"webhook {hook.connection}"
