"""
## Finalize a migration: give up the way back

Ends what keeps the old side in step, archives or drops it as the migration says (old tables of an online migration,
the old database of a blue-green one), and leaves nothing else behind. After this the run cannot be rolled back;
write a migration that changes things back instead.

`finalize_due` triggers this by itself when a rollback window has ended. **By hand**: *Trigger* and choose the run.
Before the window has ended, *early* must be set as well; and *unsigned* while a role has not signed the run off.

Where the migration says `approvals.finalize: required`, somebody has to approve it. A no, and no answer, leave the way
back open.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param

from cutover.operators import forms
from cutover.operators.approve_finalize import ApproveFinalizeOperator
from cutover.operators.begin_finalize import MAY, BeginFinalizeOperator
from cutover.operators.finalize import FinalizeOperator

with DAG(
    "finalize",
    dag_display_name="Finalize a migration",
    description="Close a rollback window: archive or drop the old side, and leave nothing else behind.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    tags=["cutover", "finalize"],
    is_paused_upon_creation=False,
    # Some may wait for an answer: those must not keep others in a queue.
    max_active_runs=64,
    render_template_as_native_obj=True,
    default_args={"owner": "cutover", "retries": 2, "retry_delay": timedelta(seconds=5)},
    params={
        "run": forms.run(None, MAY, what="finalized"),
        "early": Param(
            False,
            type="boolean",
            title="Although the window is still open",
            description="Gives up the way back now.",
        ),
        "unsigned": Param(
            False,
            type="boolean",
            title="Although a sign-off is missing",
            description="Does without the roles that have not signed; who says so is written down.",
        ),
        "old_table": Param(
            None,
            type=["null", "string"],
            enum=[None, "archive", "drop"],
            values_display={
                "None": "as the migration says",
                "archive": "keep: tables in an archive schema, columns where they are",
                "drop": "drop it",
            },
            title="Old tables and columns (online, dual write)",
        ),
        "old_database": Param(
            None,
            type=["null", "string"],
            enum=[None, "keep", "archive", "drop"],
            values_display={
                "None": "as the migration says",
                "keep": "leave it there, refusing writes",
                "archive": "dump it to S3, then let nobody connect",
                "drop": "drop it",
            },
            title="Old database (blue-green, dual write)",
        ),
    },
):
    begin = BeginFinalizeOperator(task_id="begin")
    approve = ApproveFinalizeOperator()
    finalize = FinalizeOperator(task_id="finalize", fail_at=None)

    begin >> approve >> finalize
