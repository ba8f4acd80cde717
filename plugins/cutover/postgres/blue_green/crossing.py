"""Attempts at the critical section, until one succeeds; between two of them clients work as ever."""

from __future__ import annotations

import contextlib
import random
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.blue_green import claims, clearance, critical, recovery
from cutover.postgres.blue_green.critical import Switched, TooLong
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.leg import Leg
from cutover.postgres.blue_green.marker import NotArrived
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.online import locks
from cutover.routing.router import NotPaused

# These pass by themselves; everything else is for somebody to mend.
PASSING = (
    locks.TryAgain,
    NotPaused,
    NotArrived,
    TooLong,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
)
# A flag is held for so long after the watchdog would have taken over: until then it, the task that is tried again, or
# keep_in_step, which looks every minute, has brought the cutover to its end, or holds it again.
SETTLED_WITHIN = 120.0


class NotCrossed(CutoverError):
    """No attempt succeeded; everything is as it was."""

    code = "BGR016"


@dataclass(slots=True)
class Crossed:
    """What the attempt that succeeded did."""

    switched: Switched
    attempts: int
    lag_seconds: float
    refused: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """Return JSON-safe figures."""
        return {
            "pause_ms": self.switched.pause_ms,
            "parts_ms": self.switched.parts,
            "sequences": self.switched.sequences,
            "attempts": self.attempts,
            "lag_seconds": round(self.lag_seconds, 3),
            "refused": self.refused,
        }


def leg_of(ends: Ends, origin: SideName) -> Leg:
    """Return a leg that begins at ``origin``, with an attempt's name of its own.

    :raises RouterMissing: the spec names no router.
    """
    infos: dict[SideName, Any] = {"blue": ends.info("blue"), "green": ends.info("green")}
    leg = Leg(ends.ctx.run_id, ends.number, origin, f"{uuid.uuid4()}:{origin}", infos, ends.router_info)
    if ends.ctx.spec.form != "databases":
        return leg
    hold = ends.ctx.spec.cutover.max_pause.total_seconds() + critical.GRACE + SETTLED_WITHIN
    return replace(leg, flag=ends.ctx.spec.name, hold=hold)


def cross(ctx: RunContext, ends: Ends, origin: SideName, closing: contextlib.ExitStack, **options: Any) -> Crossed:
    """Move live from ``origin`` to the other side.

    :param closing: keeps the frozen snapshots' sessions.
    :param options: ``back`` (prepare the way back), ``lossy`` (do not wait for what has not arrived).
    :raises NotCrossed: after the last attempt; naming what was in the way.
    """
    with ends.open(origin, "cutover") as db:
        limit = locks.patience(db, ctx)
    refused: list[str] = []
    for number in range(1, limit.attempts + 1):
        ctx.cancel.check()
        leg = leg_of(ends, origin)
        try:
            clearance.refuse_router(leg)
            lag = 0.0 if options.get("lossy") else clearance.await_in_step(ctx, leg)
            clearance.clear_way(ctx, leg)
            ready = clearance.look(ctx, leg, wait_ms=limit.of(number), backwards=number % 2 == 0, **options)
            _claim(leg)
            done = critical.switch(ctx, leg, ready, closing)
            return Crossed(done, number, lag, refused)
        except PASSING as error:
            recovery.over(leg)
            reason = error.reason if isinstance(error, locks.TryAgain) else str(error).strip().splitlines()[0]
            refused.append(reason)
            ctx.log.warning("cutover: attempt %d of %d: %s", number, limit.attempts, reason)
        ctx.cancel.wait(min(5.0, limit.pause * 1.4 ** (number - 1)) * random.uniform(0.7, 1.3))
    raise NotCrossed(
        f"the cutover was given up after {limit.attempts} attempts: {refused[-1]}. Nothing has changed.",
        fix="end the transactions named above (SELECT pg_terminate_backend(<pid>)), or raise cutover: attempts or"
        " max_pause.",
    )


def _claim(leg: Leg) -> None:
    with leg.open(leg.origin) as origin, leg.open(leg.target) as target:
        claims.claim(origin, leg, live=True)
        claims.claim(target, leg, live=False)
