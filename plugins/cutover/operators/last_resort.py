"""The tasks that take a run of any strategy back to a rollback point."""

from __future__ import annotations

from airflow.sdk import TaskGroup, TriggerRule, chain

from cutover.operators.begin_rollback import BeginRollbackOperator
from cutover.operators.confirm_loss import ConfirmLossOperator
from cutover.operators.discard_point import DiscardPointOperator
from cutover.operators.look_at_point import LookAtPointOperator
from cutover.operators.restore_point import RestorePointOperator


def last_resort(strategy: str) -> LookAtPointOperator:
    """Make ``look_at_point -> confirm_loss -> begin_restore -> restore_point``; return the first of them.

    A no, and a point that is not good, lead to ``discard_point``: nothing of the run has been touched then.
    """
    with TaskGroup("last_resort", prefix_group_id=False, tooltip="Only where the form names a rollback point"):
        look = LookAtPointOperator(task_id="look_at_point", strategy=strategy)
        confirm = ConfirmLossOperator(task_id="confirm_loss")
        begin = BeginRollbackOperator(task_id="begin_restore", strategy=strategy)
        restore = RestorePointOperator(task_id="restore_point")
        discard = DiscardPointOperator(task_id="discard_point", trigger_rule=TriggerRule.ONE_FAILED)
        chain(look, confirm, begin, restore)
        [look, confirm, begin] >> discard
    return look
