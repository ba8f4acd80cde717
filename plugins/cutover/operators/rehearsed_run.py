"""Find the run that a rehearsal's strategy DAG has just carried out, and what comes after it."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.connections import Resolver
from cutover.errors import CutoverError
from cutover.journal.records import Rehearsal
from cutover.journal.store import Journal
from cutover.operators.rehearsal_task import RehearsalOperator
from cutover.postgres.task import Work
from cutover.rehearsal.judging import BACK


class RunNotThere(CutoverError):
    """A rehearsal's run did not get to where it should be."""

    code = "REH007"


class RehearsedRunOperator(RehearsalOperator):
    """Returns ``{"run", "back": {"dag_id", "conf"}, "end": {"dag_id", "conf"}}`` of the run that was carried out.

    ``back`` takes it back; ``end`` finalizes it, or takes it back where staging itself was migrated.

    :param number: which of the rehearsal's runs, counted from 0.
    """

    def __init__(self, *, number: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.number = number

    def work(self, task: Work, journal: Journal, rehearsal: Rehearsal, resolve: Resolver, context: Context) -> Any:
        runs = journal.runs_of_rehearsal(rehearsal.rehearsal_id)
        run = runs[self.number] if len(runs) > self.number else None
        if run is None or run.state != "window":
            state = f"is {run.standing}" if run else "never began"
            raise RunNotThere(
                f"run {self.number + 1} of rehearsal {rehearsal.rehearsal_id!r} {state}.",
                fix=f"look at the run of the DAG {rehearsal.strategy}.",
            )
        back = {"dag_id": f"rollback_{run.strategy}", "conf": {"run": run.run_id, "reason": BACK}}
        conf = {"run": run.run_id, "early": True, "old_table": "drop", "old_database": "drop"}
        stays = (rehearsal.spec.get("rehearse") or {}).get("clone") == "none"
        return {"run": run.run_id, "back": back, "end": back if stays else {"dag_id": "finalize", "conf": conf}}
