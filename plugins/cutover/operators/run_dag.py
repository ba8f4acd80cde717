"""Run another DAG as a part of this one."""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.standard.triggers.external_task import DagStateTrigger
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

ENDS = ["success", "failed"]


class RunDagOperator(TriggerDagRunOperator):
    """Triggers a DAG once and waits, without a worker slot, until that run has ended well.

    A worker that is killed in between does no harm: the next attempt finds the run that the first one has triggered,
    and waits for it. ``trigger_run_id`` therefore has to be the same each time.
    """

    def __init__(self, *, trigger_run_id: str, poke_interval: int = 1, retries: int = 3, **kwargs: Any) -> None:
        super().__init__(
            trigger_run_id=trigger_run_id,
            logical_date=None,
            wait_for_completion=True,
            deferrable=True,
            poke_interval=poke_interval,
            fail_when_dag_is_paused=True,
            retries=retries,
            **kwargs,
        )

    def execute(self, context: Context) -> Any:
        """Trigger, or find what was triggered; then wait."""
        if context["ti"].get_dr_count(dag_id=self.trigger_dag_id, run_ids=[str(self.trigger_run_id)]) == 0:
            return super().execute(context)
        self.log.info("the run %s of %s is there already", self.trigger_run_id, self.trigger_dag_id)
        return self.defer(
            trigger=DagStateTrigger(
                dag_id=self.trigger_dag_id,
                states=ENDS,  # type: ignore[arg-type]
                run_ids=[str(self.trigger_run_id)],
                poll_interval=self.poke_interval,
            ),
            method_name="execute_complete",
        )

    def execute_complete(self, context: Context, event: tuple[str, dict[str, Any]]) -> None:
        """:raises AirflowFailException: it has failed; the same run would fail again, so there is no retry."""
        try:
            super().execute_complete(context, event)
        except AirflowException as error:
            raise AirflowFailException(str(error)) from None
