"""
## Migrate in a maintenance window

For what cannot be done while applications write, or need not be: the doors close, the migration runs at full speed, in
place or into another database, everything is verified, the doors open. The downtime is forecast before anybody is
asked, and measured.

| step | what happens | can it be undone? |
|---|---|---|
| prepare | preflight; a rollback point, proven by restoring it; plan with forecast; approval | nothing to undo |
| await_window | waits for the time that was announced | nothing to undo |
| close | hooks, clients held or turned away, writes fenced, sessions ended | yes, the doors open |
| save | in place: a rollback point of the very last state | yes |
| migrate, verify | the migration; rows, counts, suites and constraints are checked | yes, nobody has written |
| open | the decision: clients are let in to the new state; the downtime ends | by restoring, or leading back |
| watch | traffic and fences are watched | until the window ends; what was written since is named first |

**To start**: *Trigger*, choose the migration, read the plan under *Required Actions*, answer. Nobody is asked again
while the doors are closed.

**To stop**: mark the *running task* failed. What it runs ends within a second, and the run is taken back: the doors
open to the old state. (*Mark run as failed* ends everything at once; `keep_in_step` then notices within a minute.)

**To go back after the doors were opened**: `rollback_stop_the_world`.

**When it is red**: the last task, `outcome`, says why, whether the run was taken back, and what to do.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Label, Param, TaskGroup, TriggerRule, chain

from cutover.operators import forms
from cutover.operators.approval import ApprovalOperator
from cutover.operators.await_window import AwaitWindowOperator
from cutover.operators.back_up import BackUpOperator
from cutover.operators.begin_run import BeginRunOperator
from cutover.operators.close_doors import CloseDoorsOperator
from cutover.operators.decide import DecideOperator
from cutover.operators.migrate import MigrateOperator
from cutover.operators.open_doors import OpenDoorsOperator
from cutover.operators.outcome import OutcomeOperator
from cutover.operators.plan import PlanOperator
from cutover.operators.preflight import PreflightOperator
from cutover.operators.save_point import SavePointOperator
from cutover.operators.take_back import take_back
from cutover.operators.verify import VerifyOperator
from cutover.operators.watch import WatchOperator

STEPS = ("preflight", "back_up", "plan", "close", "save", "migrate", "verify", "open", "watch")

with DAG(
    "stop_the_world",
    dag_display_name="Migrate in a maintenance window",
    description="Close the doors, migrate at full speed, verify, open; the downtime is forecast and measured.",
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
        "migration": forms.migration("stop_the_world"),
        "auto_approve": forms.auto_approve(),
        "at_once": Param(
            False,
            type="boolean",
            title="Begin at once",
            description="Do not wait for the time that the migration announces.",
        ),
        "note": forms.note(),
        "workers": forms.speed()["workers"],
        "fail_at": forms.fail_at(STEPS),
        "rehearsal": forms.rehearsal(),
    },
):
    begin = BeginRunOperator(task_id="begin", strategy="stop_the_world")

    with TaskGroup("prepare", prefix_group_id=False, tooltip="Everybody works as usual"):
        preflight = PreflightOperator(task_id="preflight")
        back_up = BackUpOperator(task_id="back_up")
        plan = PlanOperator(task_id="plan")
        approve_plan = ApprovalOperator(
            task_id="approve_plan",
            subject="Close the doors for “{{ ti.xcom_pull(task_ids='plan')['title'] }}” as planned?",
            body="{{ ti.xcom_pull(task_ids='plan')['markdown'] }}",
        )
        await_window = AwaitWindowOperator(task_id="await_window")

    with TaskGroup("window", prefix_group_id=False, tooltip="The doors are closed"):
        # A close that fails has opened the doors again; in a minute the transaction that was in the way may be over.
        close = CloseDoorsOperator(task_id="close", retries=4, retry_delay=timedelta(seconds=30))
        save = SavePointOperator(task_id="save")
        migrate = MigrateOperator(task_id="migrate", retries=1)
        verify = VerifyOperator(task_id="verify")

    decide_open = DecideOperator(
        task_id="decide_open",
        steps=["begin", "preflight", "back_up", "plan", "approve_plan", "await_window", "close", "save", "migrate",
               "verify"],
        go_on="open",
        go_back="call_off",
        trigger_rule=TriggerRule.ALL_DONE,
    )  # fmt: skip
    open_doors = OpenDoorsOperator(task_id="open")
    watch = WatchOperator(task_id="watch")
    decide_keep = DecideOperator(
        task_id="decide_keep",
        steps=["open", "watch"],
        go_on="outcome",
        go_back="go_back",
        stop="outcome",
        # Not after a run that was called off: then nothing of this was tried.
        trigger_rule=TriggerRule.NONE_SKIPPED,
    )
    call_off = take_back("call_off", strategy="stop_the_world", decided_by="decide_open")
    go_back = take_back("go_back", strategy="stop_the_world", decided_by="decide_keep")
    outcome = OutcomeOperator(task_id="outcome", last_step="watch", trigger_rule=TriggerRule.ALL_DONE)

    chain(begin, preflight, back_up, plan, approve_plan, await_window, close, save, migrate, verify, decide_open)
    decide_open >> Label("all checks passed") >> open_doors >> watch >> decide_keep
    decide_open >> Label("failed, or refused") >> call_off >> outcome
    decide_keep >> Label("all is well") >> outcome
    decide_keep >> Label("failed") >> go_back >> outcome
