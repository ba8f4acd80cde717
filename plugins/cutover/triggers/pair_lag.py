"""Wait, without a worker slot, until the database that follows keeps up with the one that is live."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from cutover.connections import ConnectionInfo
from cutover.errors import ConnectionUnknown, CutoverError
from cutover.journal.store import Journal
from cutover.opening import JOURNAL, open_run
from cutover.operators.airflow_connections import aresolve
from cutover.operators.withdrawal import GOING_BACK
from cutover.postgres.blue_green.vigil import Vigil

# How often the run's state is looked at: a rollback by hand ends the wait.
STATE_EVERY_LOOKS = 3


class PairLagTrigger(BaseTrigger):
    """Fires once green has been under the limit for ``stable_checks`` looks in a row, or can never be.

    Holds connection ids, never logins. Each look is a sample in the journal. The event is what
    :meth:`cutover.postgres.blue_green.vigil.Vigil.look` returns.

    :param conn_ids: source and target of the run.
    :param poke_interval: seconds between two looks.
    """

    def __init__(
        self,
        *,
        run_id: str,
        conn_ids: list[str],
        max_lag_seconds: float,
        poke_interval: float = 1.0,
        stable_checks: int = 3,
        journal_conn_id: str = JOURNAL,
    ) -> None:
        super().__init__()
        self.run_id = run_id
        self.conn_ids = list(conn_ids)
        self.max_lag_seconds = max_lag_seconds
        self.poke_interval = poke_interval
        self.stable_checks = stable_checks
        self.journal_conn_id = journal_conn_id

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class and what makes it anew in the triggerer: ids and limits, no secrets."""
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {
                "run_id": self.run_id,
                "conn_ids": self.conn_ids,
                "max_lag_seconds": self.max_lag_seconds,
                "poke_interval": self.poke_interval,
                "stable_checks": self.stable_checks,
                "journal_conn_id": self.journal_conn_id,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look until there is something to tell. The looks themselves block, so a thread takes them."""
        journal: Journal | None = None
        try:
            known = {conn_id: await aresolve(conn_id) for conn_id in self.conn_ids}
            journal = Journal(await aresolve(self.journal_conn_id))
            ctx = await asyncio.to_thread(open_run, self.run_id, journal, _resolver(known))
            vigil = Vigil(ctx, max_seconds=self.max_lag_seconds, steady=self.stable_checks)
            while True:
                event = await asyncio.to_thread(vigil.look)
                if event is None and vigil.looks % STATE_EVERY_LOOKS == 0:
                    event = await asyncio.to_thread(self._withdrawn, journal)
                if event is not None:
                    yield TriggerEvent(event)
                    return
                await asyncio.sleep(self.poke_interval)
        except CutoverError as error:
            fix = error.fix or "see the triggerer's log."
            yield TriggerEvent({"status": "error", "message": f"[{error.code}] {error.what}", "fix": fix})
        finally:
            if journal:
                await asyncio.to_thread(journal.close)

    def _withdrawn(self, journal: Journal) -> dict[str, Any] | None:
        state = journal.get_run(self.run_id).state
        if state not in GOING_BACK:
            return None
        return {
            "status": "error",
            "message": f"run {self.run_id!r} is {state.replace('_', ' ')}: nobody waits for it any more.",
            "fix": "trigger the strategy's DAG again for a new run.",
        }


def _resolver(known: dict[str, ConnectionInfo]) -> Any:
    def resolve(conn_id: str) -> ConnectionInfo:
        if conn_id not in known:
            raise ConnectionUnknown(f"connection {conn_id!r} was not asked for by the trigger.")
        return known[conn_id]

    return resolve
