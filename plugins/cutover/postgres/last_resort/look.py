"""Look at a rollback point before anything is touched: is it good, is it ours, what would going back to it lose."""

from __future__ import annotations

import time
from typing import Any

from cutover import points
from cutover.context import Db, RunContext
from cutover.postgres import maintenance
from cutover.postgres.backup import Manifest, Vault, check
from cutover.postgres.backup.counting import counted as count_all
from cutover.postgres.blue_green import state
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.last_resort import ground, loss, others
from cutover.postgres.last_resort.errors import PointWithoutRows
from cutover.postgres.last_resort.ground import STEP, Ground
from cutover.postgres.stop_the_world import beside, saving, written
from cutover.postgres.stop_the_world.clock import Moment


def look(ctx: RunContext, point: str, vault: Vault | None) -> dict[str, Any]:
    """Restore a point beside the live database and compare both; clients work on, and nothing of theirs is touched.

    Restored already by an earlier call, it is compared only.

    :param point: the name of a rollback point of the run's source.
    :returns: ``{"point", "taken_at", "restored": seconds or None, "rows", "minutes", "tables": {name: {...}}, "text",
        "seconds"}``, see :class:`loss.Loss`.
    :raises NoVault: there is nowhere to read it from. :raises PointUnknown, PartDamaged, OtherKey, ForeignDatabase: it
        is not good, or not of this database. :raises PointWithoutRows: it is a schema only.
    :raises OthersInTheWay: another migration shares the database.
    """
    began, ends = time.monotonic(), Ends.of(ctx)
    own = saving.need(vault, "going back to a rollback point", read=True)
    with ground.alone(ctx, STEP):
        manifest = check(own.store, point, own.identity, expects=ends.info("blue"), ctx=ctx)
        others.refuse(ctx)
        now = Ground.of(ctx, ends)
        seconds = None if beside.complete(ctx, ends, point, STEP) else fill(ctx, ends, own, manifest)
        info, workers = ends.info(now.side), ctx.spec.backup.workers
        with ctx.open(info, STEP) as db:
            counted = {"counted": written.remember(db), "at": Moment.of(db).at.isoformat()}
        found = loss.measure(ctx, beside.info(ends), info, manifest.taken, workers)
        with ctx.open(beside.info(ends), STEP) as db:
            state.put(db, ctx.run_id, lost={**found.as_dict(), **counted})
    ctx.log.warning("going back to rollback point %s loses %s", point, found)
    return {
        "point": point,
        "taken_at": manifest.taken_at,
        "restored": seconds,
        **found.as_dict(),
        "seconds": round(time.monotonic() - began, 3),
    }


def discard(ctx: RunContext) -> list[str]:
    """Drop what :func:`look` has restored; return what was dropped."""
    ends = Ends.of(ctx)
    with ground.alone(ctx, STEP), maintenance.beside(ctx, ends.info("blue"), STEP) as db:
        name = beside.info(ends).dbname
        if not maintenance.exists(db, name):
            return []
        maintenance.drop(db, name)
    return [f"database {name}"]


def fill(ctx: RunContext, ends: Ends, vault: Vault, manifest: Manifest) -> float:
    """Restore a point beside, count every row, and make it refuse writes; return the seconds.

    :raises RowsMissing: it is not what the point says.
    """
    if manifest.kind != "full":
        raise PointWithoutRows(
            f"rollback point {manifest.name} holds a schema without rows.", fix="name one that was taken in full."
        )
    began = time.monotonic()

    def judge(db: Db) -> None:
        count_all(ctx, beside.info(ends), manifest)
        others.refuse_strangers(db, manifest)

    beside.fill(ctx, ends, vault, manifest, STEP, judge, reached="last")
    points.reach("last.restored")
    return round(time.monotonic() - began, 3)
