"""Find runs in their window at which it is time to look."""

from __future__ import annotations

from airflow.sdk import BaseOperator, Context

from cutover import strategies
from cutover.errors import CutoverError
from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.observing import clock, looks
from cutover.operators.explain import explained
from cutover.operators.opening import open_journal
from cutover.spec.models import Migration


class FindToObserveOperator(BaseOperator):
    """Returns the id of each run whose next look is due; rehearsals are not observed."""

    ui_color = "#fff3d6"

    def execute(self, context: Context) -> list[str]:
        """Return run ids, the oldest first."""
        with explained(), open_journal() as journal:
            runs = observed(journal)
            due = [run.run_id for run in runs if self._due(journal, run)]
        self.log.info("%d of %d open windows are looked at", len(due), len(runs))
        return due

    def _due(self, journal: Journal, run: Run) -> bool:
        try:
            rules = Migration.from_snapshot(run.spec).observe
        except CutoverError as error:
            self.log.error("%s cannot be observed: %s", run.run_id, error)
            return False
        last = journal.samples(run.run_id, looks.SERIES, limit=1)
        newest = looks.Look.from_dict(last[0].data) if last else None
        return looks.due(run.swapped_at, newest, rules, clock.now())


def observed(journal: Journal) -> list[Run]:
    """Return the runs that are in their window and no rehearsals, the oldest first."""
    runs = journal.runs(states=["window"], limit=500, dry_run=False)
    return [run for run in reversed(runs) if run.strategy in strategies.NAMES]
