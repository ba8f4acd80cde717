"""
## Take a maintenance window back

From any instant: before the doors close, behind closed doors, or days later, until the run is finalized.

0. `confirm` asks first, where the migration wants that (`approvals.rollback: required`), the run is in its window and
   somebody has triggered this by hand. A no, and no answer, change nothing.
1. `begin` marks the run as *rolling back*. Steps of it that are running stop within seconds.
2. `roll_back`: while the doors are closed they open to the old state; nothing was written meanwhile. Once they were
   open, **in place** the rollback point taken behind closed doors is checked byte by byte, restored beside the live
   database, compared, and takes its place; **into another database** clients are led back to the old one, which stayed
   as it was.

**What would be lost**: nothing, until somebody has written to the new state. Then `roll_back` refuses, and names
tables, rows and minutes; with *Accept the loss* that is first kept in a rollback point of its own.

The strategy's own DAG triggers this when a step or a check fails. **By hand**: *Trigger*, choose the run, say why.

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
    "rollback_stop_the_world",
    dag_display_name="Roll back a maintenance window",
    description="Open the doors to the old state: kept as it was, or restored from the rollback point.",
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
        "run": forms.run("stop_the_world"),
        "reason": forms.reason(),
        "point": forms.rollback_point("stop_the_world"),
        "accept_loss": Param(
            False,
            type="boolean",
            title="Accept the loss",
            description="Go back although clients have written since the doors were opened. That is kept in a rollback"
            " point of its own, and is not there afterwards.",
            section="Danger",
        ),
    },
):
    choose = ChooseWayBackOperator(task_id="choose", own="confirm", last_resort="look_at_point")
    confirm = ConfirmRollbackOperator(task_id="confirm")
    begin = BeginRollbackOperator(task_id="begin", strategy="stop_the_world")
    roll_back = RollBackOperator(task_id="roll_back", fail_at=None)
    look_at_point = last_resort("stop_the_world")

    choose >> Label("the strategy's own way back") >> confirm >> begin >> roll_back
    choose >> Label("a rollback point is named") >> look_at_point
