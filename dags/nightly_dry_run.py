"""
## Rehearse every planned migration, every night

Each migration that is planned and not done yet goes through the DAG `rehearse`: there, back and there again, on copies
of staging. In the morning there is one message: go or no-go, with reasons, measured times, a forecast, and what has
changed since the night before. One that fails stops no other.

1. `begin` clears up after nights that were broken off, and chooses.
2. `rehearse` runs the rehearsals, some at a time; two never share a database or a pooler's entry.
3. `report` writes the report (journal, page *Migrations*, `python -m cutover nights`) and sends it.

**When**: `CUTOVER_NIGHT`, a cron expression in UTC, or `off`; 02:00 unless it is set.
**Which**: all specs, but those that say `rehearse: {skip: why}`. **To rehearse one by day**: trigger `rehearse`.

A night with a no-go is green: it did what it should. Red are the rehearsals themselves.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronTriggerTimetable, Param, TriggerRule

from cutover.operators.begin_night import BeginNightOperator
from cutover.operators.report_night import ReportNightOperator
from cutover.operators.run_dag import RunDagOperator

NIGHT = os.environ.get("CUTOVER_NIGHT") or "0 2 * * *"

with DAG(
    "nightly_dry_run",
    dag_display_name="Nightly dry run",
    description="Rehearse every planned migration on staging: go or no-go by the morning.",
    doc_md=__doc__,
    schedule=None if NIGHT == "off" else CronTriggerTimetable(NIGHT, timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    tags=["cutover", "rehearsal"],
    is_paused_upon_creation=False,
    max_active_runs=1,
    render_template_as_native_obj=True,
    default_args={"owner": "cutover", "retries": 2, "retry_delay": timedelta(seconds=30)},
    params={
        "channel": Param(
            os.environ.get("CUTOVER_NIGHT_CHANNEL"),
            type=["null", "string"],
            title="Slack channel of the report",
            description="Left empty: the Slack connection's own.",
        ),
        "only": Param(
            None,
            type=["null", "array"],
            items={"type": "string"},
            title="Only these migrations",
            description="By name; left empty: all that are planned.",
        ),
    },
):
    begin = BeginNightOperator(task_id="begin")
    rehearse = RunDagOperator.partial(
        task_id="rehearse", trigger_dag_id="rehearse", map_index_template="{{ task.conf['migration'] }}"
    ).expand_kwargs(begin.output)
    report = ReportNightOperator(
        task_id="report", trigger_rule=TriggerRule.ALL_DONE, retries=5, retry_delay=timedelta(minutes=2)
    )

    begin >> rehearse >> report
