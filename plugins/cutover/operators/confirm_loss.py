"""Ask whether so much may be lost."""

from __future__ import annotations

import contextlib
from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.approval import ApprovalOperator


class ConfirmLossOperator(ApprovalOperator):
    """Asks with the loss in rows and minutes; a migration that approves itself does not answer this one.

    Nobody is asked where no row would be lost, or where the form has accepted the loss beforehand.
    """

    template_fields = (*ApprovalOperator.template_fields, "rows")
    otherwise = "nothing is touched."

    def __init__(
        self,
        *,
        task_id: str = "confirm_loss",
        looked: str = "look_at_point",
        rows: int | str | None = None,
        **kwargs: Any,
    ) -> None:
        found = f"ti.xcom_pull(task_ids='{looked}')"
        kwargs.setdefault("run_id", "{{ params.run }}")
        super().__init__(
            task_id=task_id,
            subject=f"Take “{{{{ {found}['title'] }}}}” back, and lose {{{{ {found}['text'] }}}}?",
            body=f"{{{{ {found}['markdown'] }}}}",
            auto_approve="{{ params.accept_loss }}",
            **kwargs,
        )
        self.rows = f"{{{{ {found}['rows'] }}}}" if rows is None else rows

    def permitted(self, ctx: RunContext) -> Any:
        """Let it through: the last resort is for runs whose rollback has failed, too."""
        return contextlib.nullcontext()

    def rule(self, ctx: RunContext, context: Context) -> str | None:
        if self.ticked(ctx):
            return "the trigger form (accept_loss)"
        return "no row would be lost" if str(self.rows) == "0" else None
