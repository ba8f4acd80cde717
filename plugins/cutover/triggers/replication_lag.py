"""Wait, without a worker slot, until every standby of a server keeps up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import psycopg
from airflow.triggers.base import BaseTrigger, TriggerEvent
from psycopg.rows import dict_row

from cutover import sqlfiles
from cutover.connections import ConnectionInfo
from cutover.journal.store import Journal
from cutover.opening import JOURNAL
from cutover.operators.airflow_connections import aresolve
from cutover.triggers.run_trigger import opened
from cutover.triggers.standby_lag import LagClock, Standby, Steadiness

STEP = "standby_lag"
WARN_EVERY_SECONDS = 15.0
UNREACHABLE_SECONDS = 60.0
MONITOR = "GRANT pg_monitor TO {role}; -- so that the lag of standbys can be seen"


class ReplicationLagTrigger(BaseTrigger):
    """Fires once every physical standby has been under the limits for ``stable_checks`` looks in a row.

    Holds connection ids, never logins. Each look is written into the journal as progress of ``standby_lag``: ``done``
    and ``total`` are milliseconds behind and allowed. The event is a dict with ``status`` (``ok``, ``none`` where no
    standby is connected, or ``error`` with ``message``), ``looks``, ``worst_seconds``, ``worst_bytes``, ``standbys``.

    :param max_lag_bytes: no limit on bytes when ``None``.
    :param poke_interval: seconds between two looks.
    """

    def __init__(
        self,
        *,
        run_id: str,
        conn_id: str,
        max_lag_seconds: float,
        max_lag_bytes: int | None = None,
        poke_interval: float = 1.0,
        stable_checks: int = 3,
        journal_conn_id: str = JOURNAL,
    ) -> None:
        super().__init__()
        self.run_id = run_id
        self.conn_id = conn_id
        self.max_lag_seconds = max_lag_seconds
        self.max_lag_bytes = max_lag_bytes
        self.poke_interval = poke_interval
        self.stable_checks = stable_checks
        self.journal_conn_id = journal_conn_id
        self._worst: dict[str, float] = {"worst_seconds": 0.0, "worst_bytes": 0}
        self._looks = 0
        self._warned_at = 0.0
        self._names: set[str] = set()

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class and what makes it anew in the triggerer: ids and limits, no secrets."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "run_id": self.run_id,
                "conn_id": self.conn_id,
                "max_lag_seconds": self.max_lag_seconds,
                "max_lag_bytes": self.max_lag_bytes,
                "poke_interval": self.poke_interval,
                "stable_checks": self.stable_checks,
                "journal_conn_id": self.journal_conn_id,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look until the standbys are steady; a server that is away for a minute ends the wait with an error."""
        journal = Journal(await aresolve(self.journal_conn_id))
        info = (await opened(self.run_id, journal, [self.conn_id])).resolve(self.conn_id)
        away_since: float | None = None
        try:
            while True:
                try:
                    event = await self._watch(info, journal)
                    yield TriggerEvent(event)
                    return
                except psycopg.OperationalError as error:
                    away_since = away_since or time.monotonic()
                    reason = str(error).strip().splitlines()[0]
                    self.log.warning("cannot look at the standbys of %s: %s", info.label(), reason)
                    if time.monotonic() - away_since > UNREACHABLE_SECONDS:
                        yield TriggerEvent(
                            {"status": "error", "message": f"{info.label()} cannot be reached: {reason}"}
                        )
                        return
                    await asyncio.sleep(self.poke_interval)
        finally:
            await asyncio.to_thread(journal.close)

    async def _watch(self, info: ConnectionInfo, journal: Journal) -> dict[str, Any]:
        """Look over one connection until there is something to tell; being cancelled closes it."""
        clock = LagClock()
        steadiness = Steadiness(
            max_seconds=self.max_lag_seconds, max_bytes=self.max_lag_bytes, looks=self.stable_checks
        )
        conninfo = info.conninfo(application_name=f"cutover/{self.run_id}/{STEP}"[:63], connect_timeout=10)
        async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True, row_factory=dict_row) as db:
            while True:
                rows = await (await db.execute(sqlfiles.text("standby/lag"))).fetchall()
                if not all(row["visible"] for row in rows):
                    role = info.user or "the role"
                    return {
                        "status": "error",
                        "message": f"{role!r} may not see standbys.",
                        "fix": MONITOR.format(role=role),
                    }
                standbys = clock.read(rows, time.monotonic())
                self._note_missing(standbys)
                if not standbys:
                    return self._event("none", standbys)
                await self._record(journal, standbys, steadiness)
                if steadiness.reached(standbys):
                    return self._event("ok", standbys)
                await asyncio.sleep(self.poke_interval)

    async def _record(self, journal: Journal, standbys: list[Standby], steadiness: Steadiness) -> None:
        """Write this look into the journal and warn, now and then, about what is above the limits."""
        self._looks += 1
        limit = int(self.max_lag_seconds * 1000)
        for standby in standbys:
            self._worst["worst_seconds"] = max(self._worst["worst_seconds"], round(standby.seconds, 3))
            self._worst["worst_bytes"] = max(self._worst["worst_bytes"], standby.lag_bytes)
            behind, note = int(standby.seconds * 1000), standby.describe()
            await asyncio.to_thread(journal.progress, self.run_id, STEP, standby.name, behind, limit, note=note)
        above = [standby.describe() for standby in standbys if steadiness.above(standby)]
        if above and time.monotonic() - self._warned_at > WARN_EVERY_SECONDS:
            self._warned_at = time.monotonic()
            text = f"waiting for standbys (limit {self.max_lag_seconds:g} s): {'; '.join(above)}"
            self.log.warning(text)
            await asyncio.to_thread(journal.event, self.run_id, STEP, text)

    def _note_missing(self, standbys: list[Standby]) -> None:
        names = {standby.name for standby in standbys}
        for gone in sorted(self._names - names):
            self.log.warning("standby %s is not connected any more; going on without it", gone)
        self._names = names

    def _event(self, status: str, standbys: list[Standby]) -> dict[str, Any]:
        shown = [{"name": s.name, "lag_bytes": s.lag_bytes, "seconds": round(s.seconds, 3)} for s in standbys]
        return {"status": status, "looks": self._looks, **self._worst, "standbys": shown}
