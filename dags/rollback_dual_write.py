"""
## Take a change of shape back

From any phase, until the run is finalized: the flag goes back one mode at a time, and each change waits until every
live instance works by it. The old side was written all the time, so nothing is lost.

0. `confirm` asks first, where the migration wants that (`approvals.rollback: required`), the run is in its window and
   somebody has triggered this by hand. A no, and no answer, change nothing.
1. `begin` marks the run as *rolling back*. Steps of it that are running stop within seconds.
2. `roll_back` compares the old side, row by row, where applications write the new side only; turns the writes back in
   a moment in which nobody writes; moves the flag to `old_only`; removes triggers and fences, and the new tables, or
   leaves those there to be looked at.

The strategy's own DAG triggers this when a step or a check fails, or when somebody says no. **By hand**: *Trigger*,
choose the run from the list, say why.

**When it is red**: clear the failed task. It goes on where it was; rolling back twice does no harm. Where an instance
does not follow the flag, the log names it, and how somebody answers for it. Until the rollback has succeeded no other
migration may begin on the database.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param

from cutover.operators import forms
from cutover.operators.begin_rollback import BeginRollbackOperator
from cutover.operators.confirm_rollback import ConfirmRollbackOperator
from cutover.operators.roll_back import RollBackOperator

with DAG(
    "rollback_dual_write",
    dag_display_name="Roll back a change of shape",
    description="Take a run of the dual_write strategy back from any phase, without losing a write.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    tags=["cutover", "rollback"],
    is_paused_upon_creation=False,
    # Some may wait for an answer: those must not keep others in a queue.
    max_active_runs=64,
    render_template_as_native_obj=True,
    # The way back gets more tries than the way there: nobody may be left half-way.
    default_args={"owner": "cutover", "retries": 5, "retry_delay": timedelta(seconds=5)},
    params={
        "run": forms.run("dual_write"),
        "reason": forms.reason(),
        "new_side": Param(
            "remove",
            type="string",
            enum=["remove", "keep"],
            values_display={"remove": "drop them", "keep": "leave them there, as they are"},
            title="New tables",
        ),
        "accept_loss": Param(
            False,
            type="boolean",
            title="Leave rows behind",
            description="Go back although rows of the old side are not what the new side says.",
            section="Danger",
        ),
    },
):
    confirm = ConfirmRollbackOperator(task_id="confirm")
    begin = BeginRollbackOperator(task_id="begin", strategy="dual_write")
    roll_back = RollBackOperator(task_id="roll_back", fail_at=None)

    confirm >> begin >> roll_back
