"""A rollback point restored beside the live database, with a state of its own and behind its own fence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cutover import points
from cutover.connections import ConnectionInfo
from cutover.context import Db, RunContext
from cutover.postgres import maintenance, sessions
from cutover.postgres.backup import Manifest, Vault
from cutover.postgres.backup import restore as restore_point
from cutover.postgres.blue_green import fence, state
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.stop_the_world import swapping

# The phase of the state that comes with a restored database, also when it has taken the live one's name.
RESTORED = "restored"


def info(ends: Ends) -> ConnectionInfo:
    """Where it is."""
    return replace(ends.info("blue"), dbname=swapping.restored(ends))


def complete(ctx: RunContext, ends: Ends, point: str, purpose: str) -> bool:
    """Whether this very point was restored and judged before, for the same purpose.

    :param purpose: who has asked for it: the rollback of a window judges it by other things than the last resort.
    """
    if not maintenance.there(ctx, info(ends), purpose):
        return False
    with ctx.open(info(ends), purpose) as db:
        row = state.find(db, ctx.run_id)
    detail = row.detail if row and row.phase == RESTORED else {}
    return (detail.get("restored"), detail.get("purpose")) == (point, purpose)


def fill(
    ctx: RunContext,
    ends: Ends,
    vault: Vault,
    manifest: Manifest,
    purpose: str,
    judge: Callable[[Db], None],
    *,
    reached: str,
    **detail: Any,
) -> None:
    """Restore a point into a database made for it, whatever was there before.

    :param judge: raises where it is not what it should be. :param detail: what its state is to remember.
    :param reached: the failpoints' prefix.
    """
    into = info(ends)
    with maintenance.beside(ctx, into, purpose) as db:
        sessions.end(ctx, db, "restore")  # a killed attempt's, that may still be at work
        maintenance.drop(db, into.dbname)
        maintenance.make_with(db, into.dbname, manifest.locale)
    points.reach(f"{reached}.made")
    done = restore_point(ctx, vault.store, manifest, vault.identity, into, workers=ctx.spec.backup.workers)
    for remark in done["remarks"]:
        ctx.log.warning("%s", remark)
        ctx.journal.event(ctx.run_id, "restored", remark)
    points.reach(f"{reached}.filled")
    with ctx.open(into, purpose, lock_timeout="30s") as db:
        judge(db)
        # It has both when it takes the live one's name.
        state.prepare(db)
        state.add(db, ctx.run_id, ends.number, "blue", live=False, phase="building")
        fence.prepare(ctx, db, ends.names, up=True, tight=True)
        with db.transaction():
            state.put(db, ctx.run_id, restored=manifest.name, purpose=purpose, **detail)
            state.set_phase(db, ctx.run_id, RESTORED)
