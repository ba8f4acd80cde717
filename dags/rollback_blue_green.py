"""
## Take a blue-green migration back

From any instant: while green is still being filled, in the middle of the cutover, or days later, until the run is
finalized.

0. `confirm` asks first, where the migration wants that (`approvals.rollback: required`), the run is in its window and
   somebody has triggered this by hand. A no, and no answer, change nothing.
1. `begin` marks the run as *rolling back*. Steps of it that are running stop within seconds.
2. `roll_back` settles what an interrupted cutover has left. Where green is live it gives live back to blue, by the same
   cutover mirrored: clients are held for milliseconds, everything that was written on green has arrived on blue before
   they go on. Then subscription, slots, publications, fences and what was built on green are removed.

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
    "rollback_blue_green",
    dag_display_name="Roll back a blue-green migration",
    description="Take a run of the blue-green strategy back, before or after its cutover, without losing a write.",
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
        "run": forms.run("blue_green"),
        "reason": forms.reason(),
        "point": forms.rollback_point("blue_green"),
        "accept_loss": Param(
            False,
            type="boolean",
            title="Leave rows behind",
            description="Go back although not all that was written on green arrives on blue. The rest is then lost.",
            section="Danger",
        ),
    },
):
    choose = ChooseWayBackOperator(task_id="choose", own="confirm", last_resort="look_at_point")
    confirm = ConfirmRollbackOperator(task_id="confirm")
    begin = BeginRollbackOperator(task_id="begin", strategy="blue_green")
    roll_back = RollBackOperator(task_id="roll_back", fail_at=None)
    look_at_point = last_resort("blue_green")

    choose >> Label("the strategy's own way back") >> confirm >> begin >> roll_back
    choose >> Label("a rollback point is named") >> look_at_point
