"""Both ways: for teams that ask for it, both sides take writes after the cutover, and each follows the other.

Logical replication resolves nothing: of two updates of one row at one moment each side keeps the other's, silently.
So the rule is one writer for a row (a tenant, a region, a service), and it is the team's to keep. What can be seen of
conflicts is counted: by kind on PostgreSQL 18, as failed applications on older ones.
"""

from __future__ import annotations

import time
from typing import Any

from psycopg import sql

from cutover import points
from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.journal.check import Check, Severity
from cutover.postgres.blue_green import (
    arrival,
    fence,
    heartbeat,
    marker,
    publication,
    slot,
    state,
    subscription,
    way_back,
)
from cutover.postgres.blue_green.crossing import leg_of
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.blue_green.state import Side
from cutover.postgres.online import locks

OLDEST = 160000
SECONDS = 60.0


class NotBothWays(CutoverError):
    """The two servers cannot follow each other."""

    code = "BGR067"


def is_open(side: Side | None) -> bool:
    """Whether blue takes writes beside green; ``side`` is blue's row."""
    return bool(side and side.detail.get("both_ways"))


def open_up(ctx: RunContext, ends: Ends) -> dict[str, Any]:
    """Let green follow blue again, see a canary row arrive in either direction, then take blue's fence down.

    :returns: ``{"canary_seconds": {"blue": s, "green": s}}``.
    :raises NotBothWays: a server is too old to tell its own writes from those that it follows.
    """
    with ends.open("blue", "both-ways") as blue, ends.open("green", "both-ways") as green:
        if min(blue.info.server_version, green.info.server_version) < OLDEST:
            raise NotBothWays(
                "both ways needs PostgreSQL 16 or newer on both sides: older ones send back what they have followed.",
                fix="leave replication: both_ways out of the spec; the way back works all the same.",
            )
        side = state.find(blue, ctx.run_id)
        if side is None or is_open(side):
            return {}
        publication.ensure(blue, ends.names, "blue", side.tables)
        # Behind its fence blue has written nothing of its own since the cutover, so any position from then on will do.
        slot.ensure(blue, ends.names.flow("blue"))
    subscription.ensure(ends, "blue")
    points.reach("bg.both_ways.following")
    canary = {origin: _canary(ctx, ends, origin) for origin in SIDES}
    with ends.open("blue", "both-ways") as blue:
        tables = fence.refuse_gaps(blue, ends.names)

        def work(wait_ms: int) -> None:
            fence.lower(blue, ends.names, tables, wait_ms)
            state.put(blue, ctx.run_id, both_ways=True)

        locks.attempt(ctx, blue, "opening blue beside green", lambda: [each.table_oid for each in tables], work)
    ctx.journal.event(ctx.run_id, "both ways", "blue takes writes beside green; no row may have two writers")
    return {"canary_seconds": canary}


def close_down(ctx: RunContext, ends: Ends) -> bool:
    """Put blue behind its fence again and let its last writes arrive on green; False where it was not open."""
    with ends.open("blue", "both-ways") as blue, ends.open("green", "both-ways") as green:
        side = state.find(blue, ctx.run_id)
        if not is_open(side):
            return False
        leg = leg_of(ends, "blue")
        green.execute(
            sql.SQL("ALTER SUBSCRIPTION {} SET (synchronous_commit = 'local')").format(
                sql.Identifier(ends.names.flow("blue"))
            )
        )
        tables = fence.look(blue, ends.names)

        def work(wait_ms: int) -> tuple[int, str]:
            fence.raise_up(blue, ends.names, tables, wait_ms)
            beat = heartbeat.beat(blue, ends.number, "blue")
            row = blue.execute("SELECT pg_current_wal_insert_lsn()::text").fetchone()
            assert row is not None
            return beat, str(row[0])

        what = "closing blue beside green"
        (beat, lsn), _ = locks.attempt(ctx, blue, what, lambda: [each.table_oid for each in tables], work)
        points.reach("bg.both_ways.fenced")
        until = time.monotonic() + SECONDS
        marker.await_marker(green, leg, beat, until, ctx.cancel.check)
        marker.await_position(blue, leg, lsn, until, ctx.cancel.check)
    way_back.close_down(ctx, ends, "blue")
    with ends.open("blue", "both-ways") as blue:
        state.put(blue, ctx.run_id, both_ways=None)
    ctx.journal.event(ctx.run_id, "both ways", "blue only follows green again")
    return True


def check(ctx: RunContext, ends: Ends) -> Check:
    """See a canary row arrive in either direction, and count what conflicts can be seen."""
    seen = {origin: arrival.look(ctx, ends, origin, patience=10) for origin in SIDES}
    late = [each.describe() for each in seen.values() if not each.arrived or each.broken]
    conflicts = sum(sum(each.subscription.conflicts.values()) for each in seen.values() if each.subscription)
    failures = sum(each.subscription.errors for each in seen.values() if each.subscription)
    text = "; ".join(late) if late else "a canary row arrives in both directions"
    if conflicts or failures:
        text += f"; {conflicts} conflicts, {failures} failed applications: some row has two writers"
    severity: Severity = "error" if late else "warning"
    figures: dict[str, Any] = {str(origin): each.as_dict() for origin, each in seen.items()}
    return Check("BOTH_WAYS", "both ways", not late and not conflicts and not failures, severity, text, figures)


SIDES: tuple[SideName, SideName] = ("blue", "green")


def _canary(ctx: RunContext, ends: Ends, origin: SideName) -> float:
    trouble = arrival.trouble(ctx, ends, origin, patience=SECONDS)
    if trouble:
        raise NotBothWays(
            f"what is written on {origin} does not arrive on the other side: {trouble}.",
            fix="see the log of the server that follows; blue stays behind its fence.",
        )
    return round(arrival.look(ctx, ends, origin).seconds, 4)
