"""
## Observe what was cut over

Every minute, for every run in its rollback window whose next look is due: close looks for the first hour, then wide
steps until the window ends. Error rate, baseline queries, connections, the way back and its lag, locks, long queries,
WAL, disk, constraints, suites, row counts, the spec's own queries, and its probes: smoke tests and end-to-end tests.

1. `find` asks the journal which runs are due.
2. `look` takes all measures of one run side by side, each in bounded time, and writes them down. Something that is over
   its limit for `observe.warn_after` is told in the run's thread, and again when it is back to normal.
3. `judge` asks the journal what is over its limit for `observe.roll_back_after`, and `roll_back` triggers the rollback.
   Only where the spec has `rollback.automatic`, and only where going back loses nothing.

**To keep a run that would be taken back**: pause this DAG. **The same by hand**: `python -m cutover observe RUN`.

**When it is red**: a look of one run failed, and its log says why; the other runs are looked at all the same.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, CronTriggerTimetable, TriggerRule

from cutover.operators.find_over_limit import FindOverLimitOperator
from cutover.operators.find_to_observe import FindToObserveOperator
from cutover.operators.observe import ObserveOperator

with DAG(
    "observe",
    dag_display_name="Observe what was cut over",
    description="Look after every run in its rollback window, and take back what is not well.",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("* * * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    tags=["cutover", "health", "rollback"],
    is_paused_upon_creation=False,
    max_active_runs=1,
    render_template_as_native_obj=True,
    # The next run is the retry.
    default_args={"owner": "cutover", "retries": 0, "retry_delay": timedelta(seconds=10)},
):
    find = FindToObserveOperator(task_id="find")
    look = ObserveOperator.partial(task_id="look", max_active_tis_per_dag=8).expand(run_id=find.output)
    # Whatever became of the looks: what the journal holds is judged.
    judge = FindOverLimitOperator(task_id="judge", trigger_rule=TriggerRule.ALL_DONE)
    roll_back = TriggerDagRunOperator.partial(
        task_id="roll_back", fail_when_dag_is_paused=True, skip_when_already_exists=True
    ).expand_kwargs(judge.output)

    # Without this leaf a look that failed would leave the DAG run green.
    looked = EmptyOperator(task_id="looked", trigger_rule=TriggerRule.NONE_FAILED)

    look >> [judge, looked]
