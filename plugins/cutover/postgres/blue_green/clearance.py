"""What is looked up, and waited for, before anybody is held."""

from __future__ import annotations

import time
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.blue_green import fence, heartbeat, marker, sequences, state
from cutover.postgres.blue_green.critical import Ready
from cutover.postgres.blue_green.leg import Leg
from cutover.postgres.online import locks
from cutover.postgres.online.locks import TryAgain

# A transaction that is open for longer would keep everybody waiting.
LONG = 0.3
CATCH_UP_SECONDS = 60.0


class NotReady(CutoverError):
    """The run has not come as far as the cutover needs."""

    code = "BGR015"


def refuse_unready(leg: Leg) -> None:
    """:raises NotReady: a side is missing, or not where it has to be for this leg."""
    with leg.open("blue") as blue, leg.open("green") as green:
        rows = {"blue": state.find(blue, leg.run_id), "green": state.find(green, leg.run_id)}
    missing = [side for side, row in rows.items() if row is None]
    green_row = rows["green"]
    if missing or green_row is None or not green_row.at_least("following"):
        where = f"nothing of it is on {' and '.join(missing)}" if missing else "green does not follow yet"
        raise NotReady(
            f"run {leg.run_id!r} is not ready for the cutover: {where}.",
            fix="run the steps before it: build, copy, index, follow, verify.",
        )


def look(ctx: RunContext, leg: Leg, *, wait_ms: int, backwards: bool, back: bool, lossy: bool = False) -> Ready:
    """Gather what the critical section needs.

    :raises Unfenced: a table was made on either side after the run began.
    :raises NotReady: the target takes writes already.
    """
    with leg.open(leg.origin) as origin, leg.open(leg.target) as target:
        origin_tables = fence.refuse_gaps(origin, leg.names)
        target_tables = fence.refuse_gaps(target, leg.names)
        if not fence.is_up(target, leg.names):
            raise NotReady(
                f"{leg.infos[leg.target].label()} takes writes although it is not live: its fence is down.",
                fix="find out who switched it off; roll the run back and begin again.",
            )
        found = sequences.pair(sequences.gather(origin), sequences.gather(target))
    slot = leg.names.flow(leg.target) if back else None
    return Ready(origin_tables, target_tables, found, wait_ms, backwards, slot, lossy)


def refuse_router(leg: Leg) -> None:
    """:raises RouterFailed: the router does not answer, or could not be turned.
    :raises NotReady: it does not lead to the side that is live.
    """
    router = leg.router()
    try:
        router.refuse_unready()
        place = router.where()
    finally:
        router.close()
    if place != leg.place(leg.origin):
        raise NotReady(
            f"the router {leg.router_info.conn_id!r} leads to {place}, not to {leg.origin} ({leg.place(leg.origin)}).",
            fix="lead it there, or correct the connections: their cutover extras router_host and router_port say where"
            " the router finds a database.",
        )


def await_in_step(ctx: RunContext, leg: Leg) -> float:
    """Wait until the target is less than ``cutover.max_lag`` behind; return the lag in seconds.

    :raises NotArrived: it does not catch up.
    """
    limit, ends = ctx.spec.cutover.max_lag.total_seconds(), time.monotonic() + CATCH_UP_SECONDS
    with leg.open(leg.origin) as origin, leg.open(leg.target) as target:
        _confirm_at_once(target, leg)
        while True:
            began = time.monotonic()
            beat = heartbeat.beat(origin, leg.number, leg.origin)
            marker.await_marker(target, leg, beat, ends, ctx.cancel.check)
            lag = time.monotonic() - began
            if lag <= limit:
                return lag
            ctx.log.info("the other side is %.1f s behind; the cutover waits until it is less than %.1f s", lag, limit)


def clear_way(ctx: RunContext, leg: Leg) -> None:
    """Look for transactions that would keep everybody waiting; end them where the spec allows it.

    :raises TryAgain: naming them.
    """
    with leg.open(leg.origin) as db:
        long = _long(db)
        limit = ctx.spec.cutover.kill_blockers
        if limit != "never":
            doomed = [row for row in long if row["seconds"] > limit.total_seconds()]
            for row in doomed:
                ctx.log.warning("ending a blocker, as kill_blockers allows: %s", locks.named([row]))
                ctx.journal.event(ctx.run_id, "blocker ended", locks.named([row]))
                db.execute("SELECT pg_terminate_backend(%s, 1000)", (row["pid"],))
            long = [row for row in long if row not in doomed]
    if long:
        raise TryAgain(f"{len(long)} transactions are open for longer than {LONG} s: {locks.named(long)}")


def _long(db: Db) -> list[dict[str, Any]]:
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(sqlfiles.text("blue_green/long_transactions"), {"seconds": LONG}).fetchall()  # type: ignore[arg-type]


def _confirm_at_once(target: Db, leg: Leg) -> None:
    """Let the apply worker commit synchronously: otherwise it confirms a position up to 0.4 s after it has it."""
    name = sql.Identifier(leg.names.flow(leg.origin))
    target.execute(sql.SQL("ALTER SUBSCRIPTION {} SET (synchronous_commit = 'local')").format(name))
