"""Wait until no other rehearsal works where this one is going to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseSensorOperator, Context

from cutover.journal.store import Journal
from cutover.opening import JOURNAL
from cutover.operators.airflow_connections import AirflowResolver
from cutover.operators.explain import explained
from cutover.operators.rehearsal_task import REHEARSAL
from cutover.rehearsal.settling import held
from cutover.rehearsal.staging import places_of


class StagingFreeSensor(BaseSensorOperator):
    """Holds, for this rehearsal, the databases that are no copies and the pooler's entry; all of them at once, or none.

    Takes no worker slot between two looks. What is held is given back when the rehearsal has cleared up.
    """

    template_fields: Sequence[str] = ("rehearsal",)
    ui_color = "#f3ecfa"

    def __init__(
        self, *, rehearsal: str = REHEARSAL, poke_interval: float = 10.0, timeout: float = 6 * 3600.0, **kwargs: Any
    ) -> None:
        super().__init__(mode="reschedule", poke_interval=poke_interval, timeout=timeout, **kwargs)
        self.rehearsal = rehearsal

    def poke(self, context: Context) -> bool:
        """Try to hold them."""
        resolve = AirflowResolver()
        with explained(), Journal(resolve(JOURNAL)) as journal:
            places = places_of(journal.rehearsal(self.rehearsal).places)
            taken = journal.hold(self.rehearsal, held(places, resolve))
        for place, other in taken.items():
            self.log.info("%s is used by rehearsal %s", place, other)
        return not taken
