"""Find runs that nobody carries on: their DAG run is over, but they are not."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator, Context

from cutover.journal.records import ACTIVE, Run
from cutover.operators.explain import explained
from cutover.operators.opening import open_journal

OVER = frozenset({"failed", "success"})
# These belong to the rollback and finalize DAGs, which are retried by people.
NOT_OURS = frozenset({"rolling_back", "finalizing"})


class FindAbandonedOperator(BaseOperator):
    """Returns the conf of one rollback for each run whose DAG run ended without a word.

    That is what *Mark run as failed* does: it ends every task at once, so no branch and no last task can take the
    run back. Runs of migrations with ``rollback.automatic: false`` are left to people.

    :param strategy: whose runs.
    """

    ui_color = "#fff3d6"

    def __init__(self, *, strategy: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.strategy = strategy

    def execute(self, context: Context) -> list[dict[str, str]]:
        """Return a list of ``{"run": ..., "reason": ...}``."""
        with explained(), open_journal() as journal:
            runs = journal.runs(strategy=self.strategy, states=ACTIVE - NOT_OURS, limit=100)
        found = []
        for run in runs:
            state = self._dag_run_state(run, context)
            self.log.info("run %s is %s, its DAG run is %s", run.run_id, run.state, state)
            if state not in OVER:
                continue
            if (run.spec.get("rollback") or {}).get("automatic", True):
                found.append(
                    {"run": run.run_id, "reason": f"the DAG run was ended as {state} while the run was {run.state}"}
                )
        return found

    def _dag_run_state(self, run: Run, context: Context) -> str | None:
        if not run.dag_id or not run.dag_run_id:
            return None
        try:
            state = context["ti"].get_dagrun_state(run.dag_id, run.dag_run_id)
            # Workers are given an enumeration whose str() is not its value.
            return str(getattr(state, "value", state))
        except Exception as error:
            # A DAG run that was deleted looks the same as an API that is away: better not to act on it.
            self.log.warning("cannot tell how the DAG run of %s is: %s", run.run_id, error)
            return None
