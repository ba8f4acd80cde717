"""
## Retire backups

Every night: rollback points that are older than 7 days, and backups that are older than 30, are deleted from every
store that a migration names. So is what an interrupted backup has left half-written.

**Never deleted** are the last whole backup of a database, however old it is; points of a run that may still go back;
and what its migration (`backup: {keep: 14d}`) or whoever took it (`python -m cutover backup --keep 90d`) wants to be
kept longer.

Other numbers: for good in the extra of the store's connection (`{"cutover": {"points_days": 14, "backups_days": 90}}`),
for once in the form. `python -m cutover backups` lists what is there.

**When it is red**: the log names the store and the reason. Nothing is lost; what is old is deleted at the next pass.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronTriggerTimetable, Param

from cutover.operators.retire_backups import RetireBackupsOperator

with DAG(
    "retire_backups",
    dag_display_name="Retire backups",
    description="Delete rollback points and backups that were kept long enough, never the last good one.",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("23 3 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    tags=["cutover", "backup"],
    is_paused_upon_creation=False,
    max_active_runs=1,
    render_template_as_native_obj=True,
    default_args={"owner": "cutover", "retries": 2, "retry_delay": timedelta(minutes=5)},
    params={
        "points_days": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            title="Keep rollback points for (days)",
            description="Left empty: as the store's connection says, else 7.",
        ),
        "backups_days": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            title="Keep backups for (days)",
            description="Left empty: as the store's connection says, else 30.",
        ),
    },
):
    retire = RetireBackupsOperator(task_id="retire")
