"""
## Finalize what is due

Every hour: each run whose rollback window has ended is finalized, by the DAG `finalize`. Not one that a role has still
to sign off: that is said once, and the way back stays open. Where finalizing has to be approved, it is asked at most
once in the time that a question waits (`approvals.timeout`).

To keep a way back open for
longer, pause this DAG, or give the migration a longer `rollback.window` before it runs.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, CronTriggerTimetable

from cutover.operators.find_due import FindDueOperator

with DAG(
    "finalize_due",
    dag_display_name="Finalize what is due",
    description="Close the rollback windows that have ended.",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("7 * * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    tags=["cutover", "finalize"],
    is_paused_upon_creation=False,
    max_active_runs=1,
    render_template_as_native_obj=True,
    default_args={"owner": "cutover", "retries": 2, "retry_delay": timedelta(seconds=30)},
):
    find_due = FindDueOperator(task_id="find_due")
    finalize = TriggerDagRunOperator.partial(
        task_id="finalize", trigger_dag_id="finalize", fail_when_dag_is_paused=True, retries=0
    ).expand(conf=find_due.output)
