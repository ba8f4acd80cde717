"""Find runs that are to be signed off, and questions that have been overtaken."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator, Context

from cutover.approvals.signing import BEGUN, wanted
from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.operators.explain import explained
from cutover.operators.in_window import WINDOW
from cutover.operators.opening import open_journal

SIGN_OFF = "sign_off"
# Cleared, these see that their run has moved on, and end.
WITHDRAWABLE = (SIGN_OFF, "finalize")


class FindQuestionsOperator(BaseOperator):
    """Returns the DAG runs to be triggered: a sign-off for each run that has come into its window, once.

    The DAG run's id is made from the run's, so however often this is killed, restarted or done twice, there is one.
    Also DAG runs that still ask about a run which was rolled back or finalized meanwhile: they are cleared, which takes
    their questions off everybody's list.
    """

    ui_color = "#fff3d6"

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Return a list of keyword arguments of ``TriggerDagRunOperator``."""
        with explained(), open_journal() as journal:
            windows = journal.runs(states=[WINDOW], limit=500, dry_run=False)
            begin = [_sign_off(run) for run in windows if _unasked(run, journal)]
            clear = [_cleared(row) for row in journal.overtaken_questions(WITHDRAWABLE, state=WINDOW)]
        self.log.info("%d runs are to be signed off, %d questions have been overtaken", len(begin), len(clear))
        return begin + clear


def _unasked(run: Run, journal: Journal) -> bool:
    return bool(wanted(run)) and not journal.events(run.run_id, kind=BEGUN)


def _sign_off(run: Run) -> dict[str, Any]:
    return {
        "trigger_dag_id": SIGN_OFF,
        "trigger_run_id": f"sign_off__{run.run_id}",
        "conf": {"run": run.run_id},
        "skip_when_already_exists": True,
        "reset_dag_run": False,
    }


def _cleared(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "trigger_dag_id": row["dag_id"],
        "trigger_run_id": row["dag_run_id"],
        "conf": {"run": row["run_id"]},
        "skip_when_already_exists": False,
        "reset_dag_run": True,
    }
