"""
## Health of everything that migrations need

Every fifteen minutes, and on demand: all databases, routers and stores that a spec or an open run names, and the
journal. Up, version, latency, connections, standbys, replication slots and what they keep, long transactions, objects
that earlier runs have left, the age of backups, specs that cannot be used, runs that stand still.

**When it is red**: something is down; the log names it. Warnings are in the log, and make it red with *strict*.
The same on a terminal: `python -m cutover health`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronTriggerTimetable, Param

from cutover.operators.health_check import HealthCheckOperator

with DAG(
    "health_check",
    dag_display_name="Health check",
    description="Look at all databases, routers and stores that migrations need.",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("*/15 * * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    tags=["cutover", "health"],
    is_paused_upon_creation=False,
    max_active_runs=1,
    render_template_as_native_obj=True,
    default_args={"owner": "cutover", "retries": 1, "retry_delay": timedelta(seconds=30)},
    params={
        "strict": Param(False, type="boolean", title="Warnings count, too"),
    },
):
    health = HealthCheckOperator(task_id="look")
