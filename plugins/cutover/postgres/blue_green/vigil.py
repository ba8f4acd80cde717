"""Wait until green keeps up: look after look, until it is steady or can never be."""

from __future__ import annotations

import time
from typing import Any

import psycopg

from cutover.context import RunContext
from cutover.errors import ConnectionRefused, CutoverError
from cutover.messages.milestones import say
from cutover.postgres.blue_green.steps.sample import sample

WARN_EVERY_SECONDS = 15.0
UNREACHABLE_SECONDS = 60.0
DDL_EVERY_SECONDS = 30.0
# A look that finds the flow broken may have come in the middle of a restart; so many in a row are no accident.
BROKEN_LOOKS = 5
# A change that cannot be applied is tried again every five seconds.
REFUSALS = 4
PATIENCE = 2.0


class Vigil:
    """Looks at the flow once each time it is asked to.

    :param max_seconds: the limit; :param steady: how many looks in a row have to be under it.
    """

    def __init__(self, ctx: RunContext, *, max_seconds: float, steady: int) -> None:
        self._ctx = ctx
        self._max, self._steady = max_seconds, steady
        self._good = self._broken = self.looks = 0
        self._worst: dict[str, float] = {"worst_seconds": 0.0, "worst_bytes": 0}
        self._refused_before: int | None = None
        self._away_since: float | None = None
        self._warned_at = self._ddl_at = float("-inf")
        self._told: set[str] = set()

    def look(self) -> dict[str, Any] | None:
        """Take one look; return how the vigil ends, or ``None`` while it goes on.

        :returns: ``{"status": "ok", "looks", "worst_seconds", "worst_bytes", "last": sample}``, or ``{"status":
            "error", "message", "fix"}`` where waiting longer is in vain; without ``fix`` another try has a chance.
        """
        now = time.monotonic()
        ddl = now - self._ddl_at > DDL_EVERY_SECONDS
        try:
            seen = sample(self._ctx, patience=PATIENCE, ddl=ddl)
        except (ConnectionRefused, psycopg.OperationalError) as error:
            return self._away(error, now)
        except CutoverError as error:
            return {"status": "error", "message": f"[{error.code}] {error.what}", "fix": error.fix or "see the log."}
        self._away_since = None
        self._ddl_at = now if ddl else self._ddl_at
        self.looks += 1
        self._worst["worst_seconds"] = max(self._worst["worst_seconds"], seen["seconds"])
        self._worst["worst_bytes"] = max(self._worst["worst_bytes"], seen["bytes"] or 0)
        self._tell(seen, now)
        return self._hopeless(seen) or self._reached(seen)

    def _reached(self, seen: dict[str, Any]) -> dict[str, Any] | None:
        good = seen["arrived"] and not seen["broken"] and seen["seconds"] <= self._max
        self._good = self._good + 1 if good else 0
        if self._good < self._steady:
            return None
        return {"status": "ok", "looks": self.looks, **self._worst, "last": seen}

    def _hopeless(self, seen: dict[str, Any]) -> dict[str, Any] | None:
        self._broken = self._broken + 1 if seen["broken"] else 0
        if self._broken >= BROKEN_LOOKS:
            text = f"{seen['flow']} is broken: {'; '.join(seen['broken'])}."
            return {"status": "error", "message": text, "fix": "roll the run back, and begin again."}
        refused = seen["apply_errors"] or 0
        if self._refused_before is None or seen["arrived"]:
            self._refused_before = refused
        failed = refused - self._refused_before
        if failed < REFUSALS:
            return None
        return {
            "status": "error",
            "message": f"{seen['flow']}: a change cannot be applied; it was tried {failed} times in vain.",
            "fix": "the log of the server that follows names the change and what refuses it (pg_stat_subscription_stats"
            " counts it): mend the migration's SQL, or the row, and begin again.",
        }

    def _tell(self, seen: dict[str, Any], now: float) -> None:
        """Warn: now and then about what is above the limit, once about everything else."""
        if seen["seconds"] > self._max and now - self._warned_at > WARN_EVERY_SECONDS:
            self._warned_at = now
            at_least = "" if seen["arrived"] else "at least "
            behind = f"{at_least}{seen['seconds']:.1f} s and {seen['bytes'] or 0:,} bytes behind"
            text = f"{seen['flow']}: {behind}; waiting until it is under {self._max:g} s"
            self._ctx.log.warning("%s", text)
            self._ctx.journal.event(self._ctx.run_id, "lag", text)
        kept, most = seen["kept_bytes"] or 0, seen["max_bytes"]
        if kept > 0.8 * most:
            self._once("wal", f"the slot keeps {kept:,} bytes of WAL on the live server; the run ends at {most:,}.")
        if seen["ddl"]:
            self._once("ddl", f"the live schema was changed during the run: {'; '.join(seen['ddl'][:3])}. The cutover"
                              " will be refused unless that is undone.")  # fmt: skip

    def _once(self, key: str, text: str) -> None:
        if key in self._told:
            return
        self._told.add(key)
        self._ctx.log.warning("%s", text)
        say(self._ctx.journal, self._ctx.run_id, f"warning_{key}", "warning", text=text)

    def _away(self, error: Exception, now: float) -> dict[str, Any] | None:
        self._away_since = self._away_since or now
        self._good = 0
        reason = error.what if isinstance(error, CutoverError) else str(error).strip().splitlines()[0]
        self._ctx.log.warning("cannot look at both sides: %s", reason)
        if now - self._away_since <= UNREACHABLE_SECONDS:
            return None
        return {"status": "error", "message": f"a side cannot be reached: {reason}"}
