"""Find runs that nobody carries on: their DAG run is over, but they are not."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator, Context

from cutover import strategies
from cutover.journal.records import ACTIVE, Run
from cutover.journal.store import Journal
from cutover.operators.dag_run_state import OVER, dag_run_state
from cutover.operators.explain import explained
from cutover.operators.keep_in_step import ENDANGERED
from cutover.operators.opening import open_journal

# These belong to the rollback and finalize DAGs, which are retried by people.
NOT_OURS = frozenset({"rolling_back", "finalizing"})
# From here on going back is the cutover once more, mirrored: nothing to be done without being asked.
PAST_CUTOVER = frozenset({"cutting_over", "watching"})


class FindAbandonedOperator(BaseOperator):
    """Returns the rollback to be triggered for each run whose DAG run ended without a word.

    That is what *Mark run as failed* does: it ends every task at once, so no branch and no last task can take the
    run back. Also for runs that wait for an approval while they endanger the live server's disk. Runs of migrations
    with ``rollback.automatic: false`` are left to people.
    """

    ui_color = "#fff3d6"

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Return a list of ``{"trigger_dag_id": ..., "conf": {"run": ..., "reason": ...}}``."""
        found = []
        with explained(), open_journal() as journal:
            for run in journal.runs(states=ACTIVE - NOT_OURS, limit=500, dry_run=False):
                if run.strategy not in strategies.NAMES:
                    continue
                why = self._endangered(run, journal) or self._abandoned(run, context)
                if why and (run.spec.get("rollback") or {}).get("automatic", True):
                    conf = {"run": run.run_id, "reason": why}
                    found.append({"trigger_dag_id": f"rollback_{run.strategy}", "conf": conf})
        return found

    def _abandoned(self, run: Run, context: Context) -> str | None:
        state = dag_run_state(context, run.dag_id, run.dag_run_id)
        self.log.info("run %s is %s, its DAG run is %s", run.run_id, run.state, state)
        return f"the DAG run was ended as {state} while the run was {run.standing}" if state in OVER else None

    def _endangered(self, run: Run, journal: Journal) -> str | None:
        told = [] if run.state in PAST_CUTOVER else journal.events(run.run_id, kind=ENDANGERED)
        return told[-1].text if told else None
