"""The task that takes a strategy's own run back."""

from __future__ import annotations

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator


def take_back(task_id: str, *, strategy: str, decided_by: str) -> TriggerDagRunOperator:
    """Trigger the rollback of this run and wait for it; a paused rollback DAG fails loudly instead of queueing.

    :param decided_by: the task whose XCom ``reason`` says why.
    """
    return TriggerDagRunOperator(
        task_id=task_id,
        trigger_dag_id=f"rollback_{strategy}",
        trigger_run_id="rollback__{{ ti.xcom_pull(task_ids='begin') }}",
        conf={
            "run": "{{ ti.xcom_pull(task_ids='begin') }}",
            "reason": f"{{{{ ti.xcom_pull(task_ids='{decided_by}', key='reason') }}}}",
        },
        reset_dag_run=True,
        wait_for_completion=True,
        deferrable=True,
        poke_interval=1,
        fail_when_dag_is_paused=True,
        retries=0,
    )
