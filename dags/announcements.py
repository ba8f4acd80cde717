"""
## Announcements: developers, operations and end users are told

Every five minutes: what is due by the clock (a day before, two hours before, in the middle, a day and two days after),
and what the steps of a run could not say themselves because Slack was down or their worker died. What has just happened
(cut over, rolled back ...) is told by the steps within seconds.

Who is told, where and of what, the migration says (`announce.audiences`); the words are files under
`include/messages/announcements`. Each announcement is made once; one that is late says so. No rehearsals.

**To see what is to come**: `python -m cutover announcements`, with `--preview` in full words.

**When it is red**: the journal cannot be reached. Slack being down does not make it red: the log says what has to
wait, and the next turn tries again. Pausing this DAG keeps everybody uninformed, and no migration waiting.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from cutover.operators.announce import AnnounceOperator

with DAG(
    "announcements",
    dag_display_name="Announcements",
    description="Tell developers, operations and end users what is planned, and how it goes.",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("*/5 * * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    tags=["cutover", "messages"],
    is_paused_upon_creation=False,
    max_active_runs=1,
    render_template_as_native_obj=True,
    # The next turn is the retry. One that hangs makes room for it; what it was about to send is looked for then.
    default_args={"owner": "cutover", "retries": 0, "retry_delay": timedelta(seconds=10)},
):
    announce = AnnounceOperator(task_id="announce", execution_timeout=timedelta(minutes=4))
