"""Follow: green goes on from the slot; from here on what is written on blue arrives there."""

from __future__ import annotations

import time
from typing import Any

from cutover import points
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres import sessions
from cutover.postgres.blue_green import (
    design,
    guard_wal,
    heartbeat,
    quiet,
    slot,
    state,
    subscription,
    vacuum,
)
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.subscription import Subscription
from cutover.postgres.blue_green.wanted import side_with
from cutover.postgres.online import guard

STEP = "follow"
# A worker that fails is started again by its server, every five seconds by default.
PATIENCE = 60.0
ENOUGH = 20.0
FAILURES = 2


class SlotGone(CutoverError):
    """What was written on blue since the copy is not there any more."""

    code = "BGR056"


class NotFollowing(CutoverError):
    """Green does not take what blue sends."""

    code = "BGR057"


def follow(ctx: RunContext) -> dict[str, Any]:
    """Subscribe green to blue and wait until it follows: a heartbeat has arrived, or a backlog is being worked off.

    :returns: ``{"caught_up": bool, "seconds": s}``; the lag sensor waits for the rest.
    :raises SlotGone: the copy has to be made again.
    :raises NotSubscribed: green's server cannot reach blue's, or the login may not subscribe.
    :raises NotFollowing: the apply worker fails again and again, or does not start.
    """
    ends, began = Ends.of(ctx), time.monotonic()
    with guard.alone(ctx, STEP) as blue, ends.open("green", STEP) as green:
        side = side_with(ctx, green, "indexed", "index")
        _refuse_lost(blue, ends)
        guard_wal.check(ctx, blue, "blue")
        failed = _failures(green, ends.names.flow("blue"))
        subscription.ensure(ends, "blue")
        points.reach("bg.follow.subscribed")
        caught_up = _await(ctx, ends, blue, green, failed)
        if not side.at_least("following"):
            state.set_phase(green, ctx.run_id, "following")
        ctx.log.info("green follows blue%s", "" if caught_up else ", with a backlog to work off")
        points.reach("bg.follow.following")
        _vacuum(ctx, green)
        with design.opened(ends, STEP) as wanted:
            quiet.end(green, wanted)
    return {"caught_up": caught_up, "seconds": round(time.monotonic() - began, 3)}


def _vacuum(ctx: RunContext, green: Db) -> None:
    """Mark pages as visible to all, for index-only scans; only now, since until green follows, blue has to keep WAL."""
    sessions.end(ctx, green, vacuum.STEP)
    vacuum.run(ctx, green, "VACUUM", lambda done, total: ctx.journal.progress(ctx.run_id, STEP, "vacuum", done, total))


def _refuse_lost(blue: Db, ends: Ends) -> None:
    found = slot.find(blue, ends.names.flow("blue"))
    if found is None or found.wal_status == "lost":
        what = "is gone" if found is None else "has lost WAL that green needs (max_slot_wal_keep_size)"
        raise SlotGone(
            f"slot {ends.names.flow('blue')} on blue {what}, so what was written since the copy cannot follow.",
            fix="roll the run back and begin again; see that nothing drops slots on blue meanwhile.",
        )


def _await(ctx: RunContext, ends: Ends, blue: Db, green: Db, failed: int) -> bool:
    """Returns whether green has what blue had when this began.

    :raises NotFollowing: see :func:`follow`.
    """
    name = ends.names.flow("blue")
    beat = heartbeat.beat(blue, ends.number, "blue")
    began = time.monotonic()
    while True:
        seen = heartbeat.seen(green, ends.number, "blue")
        if seen and seen[0] >= beat:
            return True
        waited = time.monotonic() - began
        found = subscription.find(green, name)
        failures = _failures(green, name) - failed
        if failures >= FAILURES or (failures and waited > ENOUGH):
            raise _not_following(ends, f"its apply worker has failed {failures} times in {waited:.0f} s")
        if waited > ENOUGH and found and found.pid and _sends(blue, found) and not failures:
            return False
        if waited > PATIENCE:
            raise _not_following(ends, f"nothing has arrived in {waited:.0f} s, and {_state(found)}")
        ctx.cancel.wait(0.05 if waited < 2 else 0.5)


def _failures(green: Db, name: str) -> int:
    row = green.execute(
        "SELECT coalesce(sum(apply_error_count), 0) FROM pg_stat_subscription_stats WHERE subname = %s", (name,)
    ).fetchone()
    return int(row[0]) if row else 0


def _sends(blue: Db, found: Subscription) -> bool:
    """Whether blue has a walsender at work for it."""
    row = blue.execute("SELECT active FROM pg_replication_slots WHERE slot_name = %s", (found.slot,)).fetchone()
    return bool(row and row[0])


def _state(found: Subscription | None) -> str:
    if found is None:
        return "its subscription is gone"
    if not found.enabled:
        return "its subscription is disabled"
    return "its apply worker runs" if found.pid else "no apply worker runs (max_logical_replication_workers?)"


def _not_following(ends: Ends, why: str) -> NotFollowing:
    return NotFollowing(
        f"green does not follow blue: {why}.",
        fix=f"the log of green's server ({ends.info('green').host}:{ends.info('green').port}) says which row and why;"
        " mend that and run the step again, or roll back.",
    )
