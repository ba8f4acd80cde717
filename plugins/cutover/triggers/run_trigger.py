"""What triggers that watch a run have in common: a look a second, in a thread, until there is something to tell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Protocol

from airflow.triggers.base import BaseTrigger, TriggerEvent

from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.errors import ConnectionUnknown, CutoverError
from cutover.journal.records import standing
from cutover.journal.store import Journal
from cutover.opening import JOURNAL, open_run
from cutover.operators.airflow_connections import aresolve
from cutover.operators.withdrawal import GOING_BACK
from cutover.rehearsal.staging import asked

# How often the run's state is looked at: a rollback by hand ends the wait.
STATE_EVERY_LOOKS = 3


class Watcher(Protocol):
    """Looks at a run; ``looks`` counts how often it has."""

    looks: int

    def look(self) -> dict[str, Any] | None:
        """Return the event to fire, or None: look again."""


class RunTrigger(BaseTrigger):
    """Fires once its watcher has something to tell, or the run is taken back. Holds connection ids, never logins.

    :param conn_ids: what the watcher asks.
    :param poke_interval: seconds between two looks.
    """

    def __init__(
        self, *, run_id: str, conn_ids: list[str], poke_interval: float = 1.0, journal_conn_id: str = JOURNAL
    ) -> None:
        super().__init__()
        self.run_id = run_id
        self.conn_ids = list(conn_ids)
        self.poke_interval = poke_interval
        self.journal_conn_id = journal_conn_id

    def watcher(self, ctx: RunContext) -> Watcher:
        """Return what looks."""
        raise NotImplementedError

    def own(self) -> dict[str, Any]:
        """Return the arguments of the subclass, JSON-safe."""
        return {}

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class and what makes it anew in the triggerer: ids and limits, no secrets."""
        common = {name: getattr(self, name) for name in ("run_id", "conn_ids", "poke_interval", "journal_conn_id")}
        return f"{type(self).__module__}.{type(self).__qualname__}", {**common, **self.own()}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look until there is something to tell. The looks themselves block, so a thread takes them."""
        journal: Journal | None = None
        try:
            journal = Journal(await aresolve(self.journal_conn_id))
            ctx = await opened(self.run_id, journal, self.conn_ids)
            watcher = await asyncio.to_thread(self.watcher, ctx)
            while True:
                event = await asyncio.to_thread(watcher.look)
                if event is None and watcher.looks % STATE_EVERY_LOOKS == 0:
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
            "message": f"run {self.run_id!r} is {standing(state)}: nobody waits for it any more.",
            "fix": "trigger the strategy's DAG again for a new run.",
        }


async def opened(run_id: str, journal: Journal, conn_ids: list[str]) -> RunContext:
    """Open a run in the triggerer's event loop, with ``conn_ids`` resolved beforehand: threads cannot ask Airflow."""
    run = await asyncio.to_thread(journal.get_run, run_id)
    known = {conn_id: await aresolve(conn_id) for conn_id in await asyncio.to_thread(asked, run, journal, conn_ids)}
    return await asyncio.to_thread(open_run, run_id, journal, _resolver(known))


def _resolver(known: dict[str, ConnectionInfo]) -> Any:
    def resolve(conn_id: str) -> ConnectionInfo:
        if conn_id not in known:
            raise ConnectionUnknown(f"connection {conn_id!r} was not asked for by the trigger.")
        return known[conn_id]

    return resolve
