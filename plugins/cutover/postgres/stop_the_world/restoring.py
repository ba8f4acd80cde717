"""Back from a migration in place: the rollback point is restored beside, compared, and put in the live one's place.

Nothing is touched before the point was read to its last byte, and what is there now is kept in a point of its own. The
database that is replaced stays, under another name, until the rollback is verified.
"""

from __future__ import annotations

from typing import Any

from cutover import points
from cutover.context import Db, RunContext
from cutover.postgres import maintenance, schema_facts
from cutover.postgres.backup import Manifest, Vault, check
from cutover.postgres.blue_green import ddl_watch, state
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.stop_the_world import beside, doors, going_back, judging, saving, shutting, swapping, written
from cutover.postgres.stop_the_world.doors import Attempt
from cutover.postgres.stop_the_world.errors import NotAsBefore, WouldLose
from cutover.postgres.stop_the_world.standing import Standing
from cutover.postgres.stop_the_world.written import Written

PURPOSE = "roll-back"
NAMED = 5


def needed(now: Standing) -> bool:
    """Whether the migration has changed the live database."""
    return not now.across and now.migrated


def restore(ctx: RunContext, ends: Ends, now: Standing, accept_loss: bool, vault: Vault | None) -> dict[str, Any]:
    """Put the database back as it was when its doors had closed; they are still closed afterwards.

    :raises NoVault: there is nowhere to restore from. :raises WouldLose: clients have written since.
    :raises PointUnknown, PartDamaged, OtherKey, ForeignDatabase: the rollback point is not good; nothing was touched.
    :raises NotAsBefore: what was restored is not what the point says; the live database is as it was.
    """
    own = saving.need(vault, "going back", read=True)
    point = str(now.detail["saved"]["point"])
    manifest = check(own.store, point, own.identity, expects=ends.info("blue"), ctx=ctx)
    lost = _shut(ctx, ends, now, accept_loss, own)
    points.reach("stw.restore.shut")
    kept = _keep(ctx, ends, own, lost)
    points.reach("stw.restore.kept")
    figures = {"kept": kept, "lost": lost.as_dict() if lost and lost.anything else None}
    if not beside.complete(ctx, ends, point, PURPOSE):
        _beside(ctx, ends, own, manifest, figures)
    points.reach("stw.restore.complete")
    swapping.swap(ctx, ends)
    ctx.journal.event(ctx.run_id, "restored", f"{ends.info('blue').dbname} is what rollback point {point} was")
    points.reach("stw.restore.swapped")
    return {**figures, "restored": point, "was_swapped": True}


def drop_aside(ctx: RunContext, ends: Ends) -> list[str]:
    """Drop the database that was replaced, and one that was never put in its place; return what was dropped."""
    dropped: list[str] = []
    if ends.ctx.spec.target is not None:
        return dropped
    with maintenance.beside(ctx, ends.info("blue"), "roll-back") as db:
        for name in (swapping.restored(ends), swapping.aside(ends)):
            if maintenance.exists(db, name):
                maintenance.drop(db, name)
                dropped.append(f"database {name}")
                points.reach("stw.restore.dropped")
    return dropped


def _shut(ctx: RunContext, ends: Ends, now: Standing, accept_loss: bool, vault: Vault) -> Written | None:
    """Close the doors where clients were let in; return what they have written since."""
    if not now.detail.get("opened_at"):
        return None
    if now.decided:
        going_back.refuse_loss(ctx, _look(ctx, ends), accept_loss, vault)
        shutting.shut(ctx, ends, "blue", must=False)
    lost = _look(ctx, ends)
    try:
        going_back.refuse_loss(ctx, lost, accept_loss, vault)
    except WouldLose:  # written in the last moment
        me = Attempt.of(ctx)
        with ends.open("blue", "roll-back") as db:
            doors.seize(db, me)
        shutting.reopen(ctx, ends, "blue", me)
        raise
    return lost


def _look(ctx: RunContext, ends: Ends) -> Written:
    with ends.open("blue", "roll-back") as db:
        row = state.find(db, ctx.run_id)
        detail = row.detail if row else {}
        return written.since(db, detail.get("counted"), detail.get("opened_at"))


def _keep(ctx: RunContext, ends: Ends, vault: Vault, lost: Written | None) -> str:
    """Keep what is there now, whether clients have written to it or not: it is about to be replaced."""
    with ends.open("blue", "roll-back") as db:
        row = state.find(db, ctx.run_id)
        if row and row.detail.get("kept"):
            return str(row.detail["kept"])
        found = saving.keep(ctx, ends, "blue", vault, f"before restoring: {lost or 'the migrated state'}")
        state.put(db, ctx.run_id, kept=found.name)
    return found.name


def _beside(ctx: RunContext, ends: Ends, vault: Vault, manifest: Manifest, figures: dict[str, Any]) -> None:
    with ends.open("blue", PURPOSE) as old:
        row = state.find(old, ctx.run_id)
    closing_at = row.detail.get("closing_at") if row else None

    def judge(db: Db) -> None:
        with ends.open("blue", PURPOSE) as old:
            _compare(ctx, manifest, old, db)

    more = {**figures, "closing_at": closing_at}
    beside.fill(ctx, ends, vault, manifest, PURPOSE, judge, reached="stw.restore", **more)


def _compare(ctx: RunContext, manifest: Manifest, old: Db, db: Db) -> None:
    """Every table with exactly as many rows as the point says, and the schema that the run had found.

    :raises NotAsBefore: naming what differs.
    """
    wrong = []
    for label, rows in saving.figures(manifest)["tables"].items():
        ctx.cancel.check()
        found = judging.count(db, label)
        if found != rows:
            wrong.append(f"{label} has {found:,} rows and had {rows:,}")
    before = ddl_watch.remembered(ctx, old)
    if before:
        wrong += schema_facts.differences(before, schema_facts.gather(db), alike=schema_facts.alike)
    if wrong:
        raise NotAsBefore(
            f"what rollback point {manifest.name} was restored to is not what was there: {'; '.join(wrong[:NAMED])}.",
            fix="the live database is as it was, doors closed; see the rest with python -m cutover backups.",
        )
