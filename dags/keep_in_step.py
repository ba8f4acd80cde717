"""
## Keep the way back open

Every minute, for every run in its rollback window (and for runs that wait for an approval): the side that is not live
follows the one that is, so that going back is quick and loses nothing.

It also looks for **abandoned** runs: when somebody has used *Mark run as failed*, no task is left to take the run
back, so this DAG triggers the rollback. So it does for a run that waits for an approval while the WAL that it keeps
endangers the live server's disk.

And it sees to the **questions** around the window: once a run has come into its window it is asked to be signed off,
where its migration wants that; and what is still asked about a run that was rolled back or finalized is withdrawn.

**When it is red**: the log names the run and the reason. The way back is still there, only further behind; a rollback
catches up before it swaps back.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, CronTriggerTimetable

from cutover.operators.find_abandoned import FindAbandonedOperator
from cutover.operators.find_questions import FindQuestionsOperator
from cutover.operators.keep_in_step import KeepInStepOperator

with DAG(
    "keep_in_step",
    dag_display_name="Keep the way back in step",
    description="Let the old side follow for as long as a rollback window is open.",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("* * * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    tags=["cutover", "rollback"],
    is_paused_upon_creation=False,
    max_active_runs=1,
    render_template_as_native_obj=True,
    # The next run is the retry.
    default_args={"owner": "cutover", "retries": 0, "retry_delay": timedelta(seconds=10)},
):
    keep_in_step = KeepInStepOperator(task_id="keep_in_step")
    # Not after the other: whatever became of that, a run that nobody carries on is taken back.
    find_abandoned = FindAbandonedOperator(task_id="find_abandoned")
    roll_back = TriggerDagRunOperator.partial(task_id="roll_back", fail_when_dag_is_paused=True).expand_kwargs(
        find_abandoned.output
    )
    find_questions = FindQuestionsOperator(task_id="find_questions")
    sign_off = TriggerDagRunOperator.partial(task_id="sign_off", fail_when_dag_is_paused=True).expand_kwargs(
        find_questions.output
    )
