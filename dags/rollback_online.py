"""
## Take an online migration back

From any instant: while it is still filling, in the middle of the cutover, or days later, until the run is finalized.

0. `confirm` asks first, where the migration wants that (`approvals.rollback: required`), the run is in its window and
   somebody has triggered this by hand. A no, and no answer, change nothing.
1. `begin` marks the run as *rolling back*. Steps of it that are running stop within seconds.
2. `roll_back` lets the old table catch up, swaps it back in one short transaction if live had changed sides, removes
   everything that the run made, and verifies that the old side is live and whole. Nothing that was written since the
   cutover is lost.

The strategy's own DAG triggers this when a step or a check fails, or when somebody says no. **By hand**: *Trigger*,
choose the run from the list, say why.

**The last resort**: name a *rollback point*. It is restored beside the live database and compared with it while
everybody works; `confirm_loss` then asks, with every table's rows and the minutes. After a yes the doors close, what is
there is kept in a point of its own, and the restored database takes the live one's place. After a no nothing has
changed.

**When it is red**: clear the failed task. It goes on where it was; rolling back twice does no harm. Until it has
succeeded no other migration may begin on the database.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Label, Param

from cutover.operators import forms
from cutover.operators.begin_rollback import BeginRollbackOperator
from cutover.operators.choose_way_back import ChooseWayBackOperator
from cutover.operators.confirm_rollback import ConfirmRollbackOperator
from cutover.operators.last_resort import last_resort
from cutover.operators.roll_back import RollBackOperator

with DAG(
    "rollback_online",
    dag_display_name="Roll back an online migration",
    description="Take a run of the online strategy back, before or after its cutover, without losing a write.",
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
        "run": forms.run("online"),
        "reason": forms.reason(),
        "point": forms.rollback_point("online"),
        "accept_loss": Param(
            False,
            type="boolean",
            title="Leave rows behind",
            description="Go back although rows written since the cutover do not fit the old table. They are then lost.",
            section="Danger",
        ),
    },
):
    choose = ChooseWayBackOperator(task_id="choose", own="confirm", last_resort="look_at_point")
    confirm = ConfirmRollbackOperator(task_id="confirm")
    begin = BeginRollbackOperator(task_id="begin", strategy="online")
    roll_back = RollBackOperator(task_id="roll_back", fail_at=None)
    look_at_point = last_resort("online")

    choose >> Label("the strategy's own way back") >> confirm >> begin >> roll_back
    choose >> Label("a rollback point is named") >> look_at_point
