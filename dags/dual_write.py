"""
## Change the shape: two sides, both written, and a flag that says which one is read

New tables are told as queries over the old ones. The database keeps them equal while applications go on; a flag, which
applications follow, moves their reads over in steps and then their writes. The old side follows the new one from then
on, so that going back loses nothing.

| step | what happens | can it be undone? |
|---|---|---|
| prepare | preflight, a rollback point if the migration wants one, plan, approval | nothing to undo |
| build_new_side | the new tables, and the triggers by which they follow | yes, they are dropped |
| write_both | the flag says `dual_write_read_old`; every live instance has acknowledged it | yes |
| backfill, verify | history is filled; every row is compared, by the mapping and by its reverse | yes |
| shadow_reads | a share of the reads is asked of both sides | yes |
| read_new | `dual_write_read_new`: 1 %, 10 %, 50 %, 100 % of the reads, each watched | yes, the flag goes back |
| new_only | nobody writes for a moment; then the new side is written, and the old one follows | yes, without loss |
| watch | instances, fence and way back are watched, and every row compared | yes, until the window ends |

Where the migration names a `target`, the new side is another database: replication writes it, `backfill` copies and
waits until it follows, and `new_only` is the cutover of blue-green with the flag held instead of a pooler.

Where it names tables that change in place, new columns are beside the old ones in the same rows, and a view stands
for a table's other name; then nobody is held at `new_only`.

**To start**: *Trigger*, choose the migration, read the plan under *Required Actions*, answer.

**To stop**: mark the *running task* failed. Its query ends within a second and the run is taken back. (*Mark run as
failed* ends everything at once; `keep_in_step` then notices within a minute and takes the run back.)

**When an instance does not follow the flag**: the log names it. `python -m cutover flags excuse` answers for one.
**When answers differ**: `python -m cutover flags mismatches` shows them, `python -m cutover repair` mends rows.

**To go back after the cutover**: `rollback_dual_write`.

**When it is red**: the last task, `outcome`, says why, whether the run was taken back, and what to do.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Label, TaskGroup, TriggerRule, chain

from cutover.operators import forms
from cutover.operators.approval import ApprovalOperator
from cutover.operators.back_up import BackUpOperator
from cutover.operators.begin_run import BeginRunOperator
from cutover.operators.build_new_side import BuildNewSideOperator
from cutover.operators.decide import DecideOperator
from cutover.operators.fill_new_side import FillNewSideOperator
from cutover.operators.new_only import NewOnlyOperator
from cutover.operators.outcome import OutcomeOperator
from cutover.operators.plan import PlanOperator
from cutover.operators.preflight import PreflightOperator
from cutover.operators.read_new import ReadNewOperator
from cutover.operators.shadow_reads import ShadowReadsOperator
from cutover.operators.take_back import take_back
from cutover.operators.verify import VerifyOperator
from cutover.operators.watch import WatchOperator
from cutover.operators.write_both import WriteBothOperator

STEPS = (
    "preflight",
    "back_up",
    "plan",
    "build_new_side",
    "write_both",
    "backfill",
    "verify",
    "shadow_reads",
    "read_new",
    "new_only",
    "watch",
)

with DAG(
    "dual_write",
    dag_display_name="Change the shape (dual write)",
    description="Write two shapes of the same data, move reads and then writes over by a flag, and keep the way back.",
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
        "migration": forms.migration("dual_write"),
        "auto_approve": forms.auto_approve(),
        "note": forms.note(),
        "fail_at": forms.fail_at(STEPS),
        "rehearsal": forms.rehearsal(),
    },
):
    begin = BeginRunOperator(task_id="begin", strategy="dual_write")

    with TaskGroup("prepare", prefix_group_id=False, tooltip="Nothing is touched yet"):
        preflight = PreflightOperator(task_id="preflight")
        back_up = BackUpOperator(task_id="back_up")
        plan = PlanOperator(task_id="plan")
        approve_plan = ApprovalOperator(
            task_id="approve_plan",
            subject="Begin “{{ ti.xcom_pull(task_ids='plan')['title'] }}” as planned?",
            body="{{ ti.xcom_pull(task_ids='plan')['markdown'] }}",
        )

    with TaskGroup("fill", prefix_group_id=False, tooltip="Both sides are written; the old one is read"):
        build_new_side = BuildNewSideOperator(task_id="build_new_side")
        write_both = WriteBothOperator(task_id="write_both")
        backfill = FillNewSideOperator(task_id="backfill")
        verify = VerifyOperator(task_id="verify")

    with TaskGroup("reads", prefix_group_id=False, tooltip="Reads change sides, a share at a time"):
        shadow_reads = ShadowReadsOperator(task_id="shadow_reads")
        read_new = ReadNewOperator(task_id="read_new")

    decide_cutover = DecideOperator(
        task_id="decide_cutover",
        steps=["begin", "preflight", "back_up", "plan", "approve_plan", "build_new_side", "write_both", "backfill",
               "verify", "shadow_reads", "read_new"],
        go_on="approve_cutover",
        go_back="call_off",
        trigger_rule=TriggerRule.ALL_DONE,
    )  # fmt: skip

    with TaskGroup("cutover", prefix_group_id=False, tooltip="Writes change sides"):
        approve_cutover = ApprovalOperator(
            task_id="approve_cutover",
            subject="Write only the new side of “{{ ti.xcom_pull(task_ids='plan')['title'] }}” from now on?",
            body="{% for line in ti.xcom_pull(task_ids='verify')['summary'] %}* {{ line }}\n{% endfor %}"
            "* {{ ti.xcom_pull(task_ids='read_new')['summary'] }}\n",
            may_wait=True,
        )
        new_only = NewOnlyOperator(task_id="new_only")
        watch = WatchOperator(task_id="watch")

    decide_keep = DecideOperator(
        task_id="decide_keep",
        steps=["approve_cutover", "new_only", "watch"],
        go_on="outcome",
        go_back="turn_back",
        stop="outcome",
        # Not after a run that was called off: then nothing of this was tried.
        trigger_rule=TriggerRule.NONE_SKIPPED,
    )
    call_off = take_back("call_off", strategy="dual_write", decided_by="decide_cutover")
    turn_back = take_back("turn_back", strategy="dual_write", decided_by="decide_keep")
    outcome = OutcomeOperator(task_id="outcome", last_step="watch", trigger_rule=TriggerRule.ALL_DONE)

    chain(begin, preflight, back_up, plan, approve_plan)
    chain(approve_plan, build_new_side, write_both, backfill, verify, shadow_reads, read_new, decide_cutover)
    decide_cutover >> Label("all checks passed") >> approve_cutover >> new_only >> watch >> decide_keep
    decide_cutover >> Label("failed, or refused") >> call_off >> outcome
    decide_keep >> Label("all is well") >> outcome
    decide_keep >> Label("failed, or refused") >> turn_back >> outcome
