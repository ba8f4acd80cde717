"""
## Migrate blue-green: a second database, also of a newer major version

Green is built from blue's schema and the migration's SQL, filled from a snapshot, and follows blue. It is verified
while writes go on. The cutover holds the clients in the pooler for milliseconds and lets them go on at green; blue
follows green from then on, so that going back loses nothing.

| step | what happens | can it be undone? |
|---|---|---|
| prepare | preflight on both sides, a rollback point if the migration wants one, plan, approval | nothing to undo |
| build_green, copy_data, build_indexes | green is made and filled; blue keeps its WAL for it | yes, green is emptied |
| follow, replication_lag | green catches up, and stays under the limit | yes |
| verify | schema, rows, suites and baseline agree while writes go on | yes |
| approve_cutover | somebody says yes, or *Postpone*: it asks again. Nothing happens by itself | yes |
| cut_over | clients are held for milliseconds; live changes sides, or everything stays as it was | yes, mirrored |
| watch | traffic, fence and way back are watched; blue follows | yes, until the window ends |

**To start**: *Trigger*, choose the migration, read the plan under *Required Actions*, answer.

**To stop**: mark the *running task* failed. Its query ends within a second and the run is taken back. (*Mark run as
failed* ends everything at once; `keep_in_step` then notices within a minute and takes the run back.)

**To see how far green is behind**: on the page *Migrations*. **To go back after the cutover**: `rollback_blue_green`.

**When it is red**: the last task, `outcome`, says why, whether the run was taken back, and what to do.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Label, TaskGroup, TriggerRule, chain

from cutover.operators import forms
from cutover.operators.approval import ApprovalOperator
from cutover.operators.back_up import BackUpOperator
from cutover.operators.begin_run import BeginRunOperator
from cutover.operators.build_green import BuildGreenOperator
from cutover.operators.build_indexes import BuildIndexesOperator
from cutover.operators.copy_data import CopyDataOperator
from cutover.operators.cut_over import CutOverOperator
from cutover.operators.decide import DecideOperator
from cutover.operators.follow import FollowOperator
from cutover.operators.outcome import OutcomeOperator
from cutover.operators.plan import PlanOperator
from cutover.operators.preflight import PreflightOperator
from cutover.operators.take_back import take_back
from cutover.operators.verify import VerifyOperator
from cutover.operators.watch import WatchOperator
from cutover.sensors.pair_lag import PairLagSensor

STEPS = (
    "preflight",
    "back_up",
    "plan",
    "build_green",
    "copy_data",
    "build_indexes",
    "follow",
    "verify",
    "cut_over",
    "watch",
)

with DAG(
    "blue_green",
    dag_display_name="Migrate blue-green (two databases)",
    description="Build and fill a second database beside the live one, cut over in milliseconds, keep the way back.",
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
        "migration": forms.migration("blue_green"),
        "auto_approve": forms.auto_approve(),
        "note": forms.note(),
        "workers": forms.speed()["workers"],
        "fail_at": forms.fail_at(STEPS),
        "rehearsal": forms.rehearsal(),
    },
):
    begin = BeginRunOperator(task_id="begin", strategy="blue_green")

    with TaskGroup("prepare", prefix_group_id=False, tooltip="Nothing is touched yet"):
        preflight = PreflightOperator(task_id="preflight")
        back_up = BackUpOperator(task_id="back_up")
        plan = PlanOperator(task_id="plan")
        approve_plan = ApprovalOperator(
            task_id="approve_plan",
            subject="Begin “{{ ti.xcom_pull(task_ids='plan')['title'] }}” as planned?",
            body="{{ ti.xcom_pull(task_ids='plan')['markdown'] }}",
        )

    with TaskGroup("fill", prefix_group_id=False, tooltip="Green is built and filled beside blue"):
        build_green = BuildGreenOperator(task_id="build_green")
        copy_data = CopyDataOperator(task_id="copy_data")
        build_indexes = BuildIndexesOperator(task_id="build_indexes")

    with TaskGroup("catch_up", prefix_group_id=False, tooltip="Green follows blue"):
        follow = FollowOperator(task_id="follow")
        replication_lag = PairLagSensor(task_id="replication_lag")

    verify = VerifyOperator(task_id="verify")
    decide_cutover = DecideOperator(
        task_id="decide_cutover",
        steps=["begin", "preflight", "back_up", "plan", "approve_plan", "build_green", "copy_data", "build_indexes",
               "follow", "replication_lag", "verify"],
        go_on="approve_cutover",
        go_back="call_off",
        trigger_rule=TriggerRule.ALL_DONE,
    )  # fmt: skip

    with TaskGroup("cutover", prefix_group_id=False, tooltip="Live changes sides"):
        approve_cutover = ApprovalOperator(
            task_id="approve_cutover",
            subject="Cut over “{{ ti.xcom_pull(task_ids='plan')['title'] }}” now?",
            body="{% for line in ti.xcom_pull(task_ids='verify')['summary'] %}* {{ line }}\n{% endfor %}",
            may_wait=True,
        )
        # Refused attempts change nothing, and what is in the way may be gone in a minute.
        cut_over = CutOverOperator(task_id="cut_over", retries=4, retry_delay=timedelta(seconds=30))
        watch = WatchOperator(task_id="watch")

    decide_keep = DecideOperator(
        task_id="decide_keep",
        steps=["approve_cutover", "cut_over", "watch"],
        go_on="outcome",
        go_back="go_back",
        stop="outcome",
        # Not after a run that was called off: then nothing of this was tried.
        trigger_rule=TriggerRule.NONE_SKIPPED,
    )
    call_off = take_back("call_off", strategy="blue_green", decided_by="decide_cutover")
    go_back = take_back("go_back", strategy="blue_green", decided_by="decide_keep")
    outcome = OutcomeOperator(task_id="outcome", last_step="watch", trigger_rule=TriggerRule.ALL_DONE)

    chain(begin, preflight, back_up, plan, approve_plan)
    chain(approve_plan, build_green, copy_data, build_indexes, follow, replication_lag, verify)
    verify >> decide_cutover
    decide_cutover >> Label("all checks passed") >> approve_cutover >> cut_over >> watch >> decide_keep
    decide_cutover >> Label("failed, or refused") >> call_off >> outcome
    decide_keep >> Label("all is well") >> outcome
    decide_keep >> Label("failed, or refused") >> go_back >> outcome
