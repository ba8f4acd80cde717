"""
## Rehearse a migration on staging

The migration's own DAG, on copies of the staging databases: there, back, there again, and nothing left behind. The
nightly dry run does this with every migration that is planned; **by hand**: *Trigger*, choose one.

| step | what happens |
|---|---|
| begin | what stands for each connection is settled; production itself is refused |
| staging_free | waits while another rehearsal uses the same pooler or database |
| make_clones | staging is copied, sensitive data taken out of the copies |
| migrate | the strategy's DAG: everything that it does, without waiting for people |
| roll_back, compare | the strategy's rollback; schema, every row and every sequence are as before |
| migrate_again, finish | there once more, then finalized (or taken back, where staging itself was migrated) |
| clean_up | copies, slots, subscriptions and rollback points are removed, whatever happened before |
| verdict | go or no-go, with reasons, figures, a forecast and what has changed since the last time |

Clients of production notice nothing: its databases are asked, read-only, which they are and how large they are.

**When it is red**: the task `verdict` says why. **When `clean_up` is red**: its log names what is left; clear it. The
next night tries again, too.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param, TriggerRule, chain

from cutover.operators import forms
from cutover.operators.begin_rehearsal import BeginRehearsalOperator
from cutover.operators.clear_rehearsal import ClearRehearsalOperator
from cutover.operators.compare_rehearsal import CompareRehearsalOperator
from cutover.operators.judge_rehearsal import JudgeRehearsalOperator
from cutover.operators.make_clones import MakeClonesOperator
from cutover.operators.rehearsed_run import RehearsedRunOperator
from cutover.operators.run_dag import RunDagOperator
from cutover.sensors.staging_free import StagingFreeSensor

ID = "{{ ti.xcom_pull(task_ids='begin') }}"
CONF = {"migration": "{{ params.migration }}", "rehearsal": ID, "auto_approve": True}

with DAG(
    "rehearse",
    dag_display_name="Rehearse a migration on staging",
    description="There, back and there again on copies of staging, and nothing left behind.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    tags=["cutover", "rehearsal"],
    is_paused_upon_creation=False,
    # So many at a time; the others of a night wait.
    max_active_runs=4,
    render_template_as_native_obj=True,
    default_args={"owner": "cutover", "retries": 2, "retry_delay": timedelta(seconds=5)},
    params={
        "migration": forms.migration(None),
        "night": Param(
            None,
            type=["null", "string"],
            title="Night",
            description="Set by the DAG nightly_dry_run. People leave it empty.",
            section="Night",
        ),
    },
):
    begin = BeginRehearsalOperator(task_id="begin")
    staging_free = StagingFreeSensor(task_id="staging_free")
    make_clones = MakeClonesOperator(task_id="make_clones", retries=6, retry_delay=timedelta(seconds=30))

    strategy = "{{ ti.xcom_pull(task_ids='begin', key='strategy') }}"
    migrate = RunDagOperator(task_id="migrate", trigger_dag_id=strategy, trigger_run_id=f"{ID}.1", conf=CONF)
    migrated = RehearsedRunOperator(task_id="migrated", number=0)
    roll_back = RunDagOperator(
        task_id="roll_back",
        trigger_dag_id="{{ ti.xcom_pull(task_ids='migrated')['back']['dag_id'] }}",
        trigger_run_id=f"{ID}.1.back",
        conf="{{ ti.xcom_pull(task_ids='migrated')['back']['conf'] }}",  # type: ignore[arg-type]
    )
    compare = CompareRehearsalOperator(task_id="compare")

    migrate_again = RunDagOperator(
        task_id="migrate_again", trigger_dag_id=strategy, trigger_run_id=f"{ID}.2", conf=CONF
    )
    migrated_again = RehearsedRunOperator(task_id="migrated_again", number=1)
    finish = RunDagOperator(
        task_id="finish",
        trigger_dag_id="{{ ti.xcom_pull(task_ids='migrated_again')['end']['dag_id'] }}",
        trigger_run_id=f"{ID}.2.end",
        conf="{{ ti.xcom_pull(task_ids='migrated_again')['end']['conf'] }}",  # type: ignore[arg-type]
    )

    clean_up = ClearRehearsalOperator(task_id="clean_up", trigger_rule=TriggerRule.ALL_DONE)
    verdict = JudgeRehearsalOperator(task_id="verdict", trigger_rule=TriggerRule.ALL_DONE, retries=0)

    chain(begin, staging_free, make_clones, migrate, migrated, roll_back, compare)
    chain(compare, migrate_again, migrated_again, finish, clean_up, verdict)
