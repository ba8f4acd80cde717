"""
## Migrate online: a shadow table in the same database

The new version of each table is built and filled behind the live one, kept in step, verified, and exchanged with it
in one short transaction. Applications keep reading and writing all the time.

| step | what happens | can it be undone? |
|---|---|---|
| prepare | preflight, a rollback point if the migration wants one, plan, approval | nothing to undo |
| build, backfill, index | the shadow is filled while capture notes every touched key | yes, it is dropped |
| standby_lag, catch_up, verify | standbys and shadow are in step; counts, row diff and suites agree | yes |
| swap | locks for milliseconds, exchange, capture turned round | yes, swapped back without losing a write |
| settle, watch | constraints validated, health watched, the old table follows | yes, until the window ends |

**To start**: *Trigger*, choose the migration, read the plan under *Required Actions*, answer.

**To stop**: mark the *running task* failed. Its query ends within a second and the run is taken back. (*Mark run as
failed* ends everything at once; `keep_in_step` then notices within a minute and takes the run back.)

**To slow down or pause a backfill**: on the page *Migrations*. **To go back after the cutover**: `rollback_online`.

**When it is red**: the last task, `outcome`, says why, whether the run was taken back, and what to do.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Label, TaskGroup, TriggerRule, chain

from cutover.operators import forms
from cutover.operators.approval import ApprovalOperator
from cutover.operators.back_up import BackUpOperator
from cutover.operators.backfill import BackfillOperator
from cutover.operators.begin_run import BeginRunOperator
from cutover.operators.build_indexes import BuildIndexesOperator
from cutover.operators.build_shadow import BuildShadowOperator
from cutover.operators.catch_up import CatchUpOperator
from cutover.operators.decide import DecideOperator
from cutover.operators.outcome import OutcomeOperator
from cutover.operators.plan import PlanOperator
from cutover.operators.preflight import PreflightOperator
from cutover.operators.settle import SettleOperator
from cutover.operators.swap import SwapOperator
from cutover.operators.take_back import take_back
from cutover.operators.verify import VerifyOperator
from cutover.operators.watch import WatchOperator
from cutover.sensors.replication_lag import ReplicationLagSensor

STEPS = (
    "preflight",
    "back_up",
    "plan",
    "build_shadow",
    "backfill",
    "build_indexes",
    "catch_up",
    "verify",
    "swap",
    "settle",
    "watch",
)


with DAG(
    "online",
    dag_display_name="Migrate online (shadow table)",
    description="Change a table behind its back, swap it in milliseconds, and keep the way back open.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    tags=["cutover", "strategy"],
    is_paused_upon_creation=False,
    # A second run of a database is refused by `begin`, with the name of the first; it must not wait in silence.
    max_active_runs=16,
    render_template_as_native_obj=True,
    default_args={"owner": "cutover", "retries": 2, "retry_delay": timedelta(seconds=5)},
    params={
        "migration": forms.migration("online"),
        "auto_approve": forms.auto_approve(),
        "note": forms.note(),
        **forms.speed(),
        "fail_at": forms.fail_at(STEPS),
        "rehearsal": forms.rehearsal(),
    },
):
    begin = BeginRunOperator(task_id="begin", strategy="online")

    with TaskGroup("prepare", prefix_group_id=False, tooltip="Nothing is touched yet"):
        preflight = PreflightOperator(task_id="preflight")
        back_up = BackUpOperator(task_id="back_up")
        plan = PlanOperator(task_id="plan")
        approve_plan = ApprovalOperator(
            task_id="approve_plan",
            subject="Begin “{{ ti.xcom_pull(task_ids='plan')['title'] }}” as planned?",
            body="{{ ti.xcom_pull(task_ids='plan')['markdown'] }}",
        )

    with TaskGroup("fill", prefix_group_id=False, tooltip="The new side is built behind the live one"):
        build_shadow = BuildShadowOperator(task_id="build_shadow")
        backfill = BackfillOperator(task_id="backfill")
        build_indexes = BuildIndexesOperator(task_id="build_indexes")
        standby_lag = ReplicationLagSensor(task_id="standby_lag")
        catch_up = CatchUpOperator(task_id="catch_up")

    verify = VerifyOperator(task_id="verify")
    decide_cutover = DecideOperator(
        task_id="decide_cutover",
        steps=["begin", "preflight", "back_up", "plan", "approve_plan", "build_shadow", "backfill", "build_indexes",
               "standby_lag", "catch_up", "verify"],
        go_on="approve_cutover",
        go_back="call_off",
        trigger_rule=TriggerRule.ALL_DONE,
    )  # fmt: skip

    with TaskGroup("cut_over", prefix_group_id=False, tooltip="Live changes sides"):
        approve_cutover = ApprovalOperator(
            task_id="approve_cutover",
            subject="Cut over “{{ ti.xcom_pull(task_ids='plan')['title'] }}” now?",
            body="{% for line in ti.xcom_pull(task_ids='verify')['summary'] %}* {{ line }}\n{% endfor %}",
        )
        swap = SwapOperator(task_id="swap")
        settle = SettleOperator(task_id="settle")
        watch = WatchOperator(task_id="watch")

    decide_keep = DecideOperator(
        task_id="decide_keep",
        steps=["approve_cutover", "swap", "settle", "watch"],
        go_on="outcome",
        go_back="swap_back",
        stop="outcome",
        # Not after a run that was called off: then nothing of this was tried.
        trigger_rule=TriggerRule.NONE_SKIPPED,
    )
    call_off = take_back("call_off", strategy="online", decided_by="decide_cutover")
    swap_back = take_back("swap_back", strategy="online", decided_by="decide_keep")
    outcome = OutcomeOperator(task_id="outcome", last_step="watch", trigger_rule=TriggerRule.ALL_DONE)

    chain(begin, preflight, back_up, plan, approve_plan)
    chain(approve_plan, build_shadow, backfill, build_indexes, standby_lag, catch_up, verify)
    verify >> decide_cutover
    decide_cutover >> Label("all checks passed") >> approve_cutover >> swap >> settle >> watch >> decide_keep
    decide_cutover >> Label("failed, or refused") >> call_off >> outcome
    decide_keep >> Label("all is well") >> outcome
    decide_keep >> Label("failed, or refused") >> swap_back >> outcome
