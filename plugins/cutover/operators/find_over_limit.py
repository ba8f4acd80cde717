"""Find runs that are to be taken back because of what was observed."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator, Context

from cutover.errors import CutoverError
from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.observing import clock, judge, looks, words
from cutover.observing.judging import Verdict
from cutover.operators.explain import explained
from cutover.operators.find_to_observe import observed
from cutover.operators.opening import open_journal
from cutover.spec.models import Migration


class FindOverLimitOperator(BaseOperator):
    """Returns the rollback to be triggered for each run in which something is over its limit for too long.

    By the journal alone, so it does not matter which task took the looks, or whether that one was killed. The id of the
    rollback's DAG run is made from the moment at which it began, so one stretch of time takes a run back once.
    """

    ui_color = "#fff3d6"

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Return a list of ``{"trigger_dag_id", "trigger_run_id", "conf": {"run", "reason"}}``."""
        found = []
        with explained(), open_journal() as journal:
            for run in observed(journal):
                try:
                    verdict = _over(journal, run)
                except CutoverError as error:
                    self.log.error("%s cannot be judged: %s", run.run_id, error)
                    continue
                if verdict is not None:
                    found.append(self._rollback(journal, run, verdict))
        return found

    def _rollback(self, journal: Journal, run: Run, verdict: Verdict) -> dict[str, Any]:
        reason = words.reason(verdict)
        self.log.warning("%s is taken back: %s", run.run_id, reason)
        text = f"roll back: {reason}"
        if text not in [event.text for event in journal.events(run.run_id, kind="decision")]:
            journal.event(run.run_id, "decision", text)
        return {
            "trigger_dag_id": f"rollback_{run.strategy}",
            "trigger_run_id": f"observe__{run.run_id}__{verdict.since:%Y%m%dT%H%M%S}",
            "conf": {"run": run.run_id, "reason": reason},
        }


def _over(journal: Journal, run: Run) -> Verdict | None:
    """Return what has been over its limit for the longest time of all that may take the run back."""
    spec = Migration.from_snapshot(run.spec)
    taken = looks.read(journal, run.run_id, spec.observe)
    acts = judge(taken, spec.observe, clock.now(), automatic=spec.rollback.automatic).acts
    return min(acts, key=lambda verdict: verdict.since or verdict.at, default=None)
