"""Close the doors of one side: nobody comes through the router, nobody writes, no session of an application is left."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from cutover import hooks, points
from cutover.context import CancelToken, Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.blue_green import fence, state
from cutover.postgres.blue_green.claims import Overtaken
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.online import locks
from cutover.postgres.stop_the_world import callers, doors, gate
from cutover.postgres.stop_the_world.clock import Moment
from cutover.postgres.stop_the_world.doors import Attempt
from cutover.postgres.stop_the_world.errors import NotClosed
from cutover.postgres.stop_the_world.gate import Led

KIND = "doors"
# After the drain nobody's transaction may be in the way any more; what then is, stays.
LOCK_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class _Shutting:
    ctx: RunContext
    ends: Ends
    side: SideName
    me: Attempt
    db: Db
    deadline: float


def shut(ctx: RunContext, ends: Ends, side: SideName, *, must: bool = True) -> dict[str, Any]:
    """Close the doors; what is closed already stays so. A failure opens them again by itself.

    :param must: whether a hook that fails keeps them open: on the way back it does not.
    :returns: ``{"closed_at", "seconds", "ended": [sessions], "clients": "hold" or "refuse", "hooks": [...]}``.
    :raises NotClosed: somebody keeps a table locked. :raises SessionsStay: somebody does not go.
    :raises HookFailed, RouterFailed: naming what failed.
    """
    me = Attempt.of(ctx)
    with ends.open(side, "close") as db:
        doors.seize(db, me)
    try:
        done = hooks.run(ctx, "closing", must=must)
        figures = _shut(ctx, ends, side, me)
        points.reach("stw.close.closed")
        return {**figures, "hooks": [*done, *hooks.run(ctx, "closed", figures, must=must)]}
    except BaseException as error:
        _take_back(ctx, ends, side, me, error)
        raise


def _shut(ctx: RunContext, ends: Ends, side: SideName, me: Attempt) -> dict[str, Any]:
    drain, began = ctx.spec.cutover.drain.total_seconds(), time.monotonic()
    with ends.open(side, "close") as db:
        closing_at = _begin(ctx, db)
        points.reach("stw.close.begun")
        work = _Shutting(ctx, ends, side, me, db, began + drain)
        with gate.closing(ctx, ends, drain) as router:
            callers.await_ends(ctx, db, work.deadline, router.over.is_set)
            points.reach("stw.close.drained")
            found = state.find(db, ctx.run_id)
            ended = _fence(work) if found and found.live else []
            points.reach("stw.close.fenced")
            ended += callers.end(ctx, db)
            router.finish()
        ended += callers.end(ctx, db)
        ctx.cancel.check()
        figures = {
            "closed_at": closing_at,
            "seconds": round(time.monotonic() - began, 3),
            "ended": [str(caller) for caller in ended],
            "clients": ctx.spec.cutover.clients if ctx.spec.router else "fenced",
        }
        state.put(db, ctx.run_id, closed=figures)
    text = f"the doors are closed after {figures['seconds']} s; {len(ended)} sessions were ended"
    ctx.journal.event(ctx.run_id, KIND, text, data=figures)
    ctx.log.info("%s", text)
    return figures


def _begin(ctx: RunContext, db: Db) -> str:
    """Write down when it began, once: the downtime counts from here."""
    side = state.find(db, ctx.run_id)
    known = side.detail.get("closing_at") if side else None
    if known:
        return str(known)
    at = Moment.of(db).at.isoformat()
    state.put(db, ctx.run_id, closing_at=at, closed=None)
    ctx.journal.event(ctx.run_id, KIND, "the doors begin to close", data={"at": at})
    return at


def _fence(work: _Shutting) -> list[callers.Caller]:
    """Raise the fence; after the drain, sessions with an open transaction are ended rather than waited for."""
    ctx, db, ends = work.ctx, work.db, work.ends
    limit, number, ended = locks.patience(db, ctx), 0, list[callers.Caller]()
    while True:
        number += 1
        ctx.cancel.check()
        tables = fence.look(db, ends.names)
        try:
            doors.shut(db, ends, work.me, tables, limit.of(number), backwards=number % 2 == 0)
            return ended
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            late = time.monotonic() - work.deadline
        if late > LOCK_PATIENCE:
            blockers = locks.named(locks.holders(db, [table.table_oid for table in tables])) or "a prepared transaction"
            raise NotClosed(
                f"{db.info.dbname!r} cannot be fenced: a table stays locked by {blockers}. The doors are open again.",
                fix="end it, or finish it (SELECT gid FROM pg_prepared_xacts; ROLLBACK PREPARED ...), and try again.",
            )
        if late > 0:
            ended += callers.end(ctx, db, lambda caller: caller.began is not None)
        ctx.cancel.wait(0.05)


def _take_back(ctx: RunContext, ends: Ends, side: SideName, me: Attempt, why: BaseException) -> None:
    """Open again what was closed so far, also when an operator has stopped the step."""
    ctx.log.warning("the doors could not be closed: %s; opening them again", str(why).strip() or type(why).__name__)
    alive = replace(ctx, cancel=CancelToken())
    try:
        reopen(alive, replace(ends, ctx=alive), side, me)
        ctx.journal.event(ctx.run_id, KIND, "the doors could not be closed, and are open again")
    except Overtaken:
        ctx.log.warning("another process has the say over the doors by now; they are left to it")
    except (CutoverError, psycopg.Error, OSError) as error:
        ctx.log.error("the doors could not be opened again: %s; a rollback of the run opens them", error)


def reopen(ctx: RunContext, ends: Ends, side: SideName, me: Attempt, **detail: Any) -> Led:
    """Let clients go on at ``side``, where they were before.

    :raises Overtaken: another attempt has the say by now.
    """
    hooks.run(ctx, "opening", must=False)
    with ends.open(side, "open") as db:
        found = state.find(db, ctx.run_id)
        if found and not found.live:
            doors.give(ctx, db, ends, me, closing_at=None, closed=None, **detail)
        elif found:
            state.put(db, ctx.run_id, closing_at=None, closed=None, **detail)
    points.reach("stw.reopen.given")
    return gate.lead(ctx, ends, side)
