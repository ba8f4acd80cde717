"""
## Sign a migration off

After the cutover, within the rollback window: each role that the migration names (`approvals.sign_off`) is asked
whether the new side is as it should be. All are asked at the same time, under *Required Actions*.

* *Sign off*: written down, with the words. When all have signed, the run is signed off.
* *Object*: told at once. The owner is asked whether to roll back (or what `approvals.on_objection` says is done).
* *Not now*, and no answer in time: the role has not signed.

Until all have signed, `finalize_due` leaves the run alone, so the way back stays open. `keep_in_step` starts this once
for each run. **To ask again** those who have not signed: *Trigger*, choose the run.

**When it is red**: somebody objects or has not answered; the last task, `conclude`, says who. Nothing else hangs on it.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, Label, TriggerRule

from cutover.operators import forms
from cutover.operators.begin_sign_off import BeginSignOffOperator
from cutover.operators.conclude_sign_off import ConcludeSignOffOperator
from cutover.operators.objection import ObjectionOperator
from cutover.operators.sign_off import SignOffOperator

with DAG(
    "sign_off",
    dag_display_name="Sign a migration off",
    description="Ask each role whether the new side is as it should be; until all have signed, the way back is open.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    tags=["cutover", "approval"],
    is_paused_upon_creation=False,
    max_active_runs=64,
    render_template_as_native_obj=True,
    default_args={"owner": "cutover", "retries": 2, "retry_delay": timedelta(seconds=5)},
    params={"run": forms.run(None, {"window"}, what="signed off")},
):
    begin = BeginSignOffOperator(task_id="begin")
    sign_off = SignOffOperator.partial(task_id="sign_off", map_index_template="{{ task.role }}", retries=0).expand(
        role=begin.output
    )
    # As soon as one role objects, whatever the others do.
    objection = ObjectionOperator(task_id="objection", trigger_rule=TriggerRule.ONE_FAILED)
    roll_back = TriggerDagRunOperator.partial(task_id="roll_back", fail_when_dag_is_paused=True).expand_kwargs(
        objection.output
    )
    conclude = ConcludeSignOffOperator(task_id="conclude", trigger_rule=TriggerRule.ALL_DONE)

    sign_off >> Label("somebody objects") >> objection
    [sign_off, roll_back] >> conclude
