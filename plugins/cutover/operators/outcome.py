"""The last word of a strategy's run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from cutover.context import RunContext
from cutover.journal.records import Run
from cutover.operators.base import RUN_ID
from cutover.operators.explain import explained
from cutover.operators.opening import open_context
from cutover.operators.runbook import RunbookLink, keep_runbook
from cutover.operators.telling import courier, say

# By now nothing waits for this task but the end of the run, so messages may take their time.
GRACE_SECONDS = 10.0


class OutcomeOperator(BaseOperator):
    """Ends the run: as success with the window open, or as failed with the reason, rolled back or not.

    Runs whatever happened (``trigger_rule=ALL_DONE``) and is the DAG's only leaf, so that a run which was taken back
    never looks like one that went well.

    :param last_step: the task that must have succeeded for the run to be a success.
    """

    template_fields: Sequence[str] = ("run_id",)
    ui_color = "#e8f1fa"
    operator_extra_links = (RunbookLink(),)

    def __init__(self, *, last_step: str, run_id: str | None = RUN_ID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.last_step = last_step
        self.run_id = run_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Say how it ended. :raises AirflowFailException: not as it should have."""
        if not self.run_id or not isinstance(self.run_id, str):
            raise AirflowFailException("no run began, and nothing was touched: the task `begin` says in its log why.")
        with explained(), open_context(self.run_id) as ctx, courier(ctx, grace=GRACE_SECONDS):
            try:
                if self._succeeded(context):
                    return self._open_window(ctx)
                raise self._failed(ctx)
            finally:
                keep_runbook(ctx)

    def _succeeded(self, context: Context) -> bool:
        ti, dag_run = context["ti"], context["dag_run"]
        found = ti.get_task_states(dag_id=dag_run.dag_id, run_ids=[dag_run.run_id], task_ids=[self.last_step])
        return found.get(dag_run.run_id, {}).get(self.last_step) == "success"

    def _open_window(self, ctx: RunContext) -> dict[str, Any]:
        run = ctx.journal.get_run(ctx.run_id)
        if run.state == "watching":
            run = ctx.journal.set_state(ctx.run_id, "window")
        if run.state == "window":
            say(ctx.journal, ctx.run_id, "window_open")
            self.log.info("%s is live; the way back is open until %s", run.title, run.window_ends_at)
            return run.as_dict()
        # Somebody took it back by hand between the watch and now.
        raise self._failed(ctx)

    def _failed(self, ctx: RunContext) -> AirflowFailException:
        text = self._failure(ctx)
        self.log.error(text)
        return AirflowFailException(text)

    def _failure(self, ctx: RunContext) -> str:
        """Return the run's last line, and tell the stakeholders when nobody else has done so."""
        run = ctx.journal.get_run(ctx.run_id)
        decisions = ctx.journal.events(ctx.run_id, kind="decision")
        why = run.reason or (decisions[-1].text.split(": ", 1)[-1] if decisions else "see the failed task's log.")
        if run.state == "rolled_back":
            return f"run {run.run_id} was rolled back. Reason: {why}"
        text, advice = _not_taken_back(run, why)
        say(ctx.journal, ctx.run_id, "failed", reason=why, advice=advice)
        return f"{text}\n  To mend it: {advice}"


def _not_taken_back(run: Run, why: str) -> tuple[str, str]:
    again = f'trigger the DAG rollback_{run.strategy} with {{"run": "{run.run_id}"}}'
    if run.state == "rolling_back":
        return (
            f"run {run.run_id} failed, and its rollback did not come to an end. Reason: {why}",
            f"look at the log of the rollback, then {again}: it goes on where it was.",
        )
    live = "The new side is live." if run.swapped_at else "The old side is live, nothing was cut over."
    return f"run {run.run_id} failed and was not taken back. {live} Reason: {why}", f"{again}."
