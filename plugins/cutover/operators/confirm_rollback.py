"""Ask whether a run that is live shall be taken back."""

from __future__ import annotations

import contextlib
from typing import Any

from airflow.sdk import Context

from cutover.approvals.about import about
from cutover.context import RunContext
from cutover.journal.records import standing
from cutover.operators.approval import ApprovalOperator
from cutover.operators.in_window import WINDOW


class ConfirmRollbackOperator(ApprovalOperator):
    """Asks before anything is changed, where the migration wants that (``approvals.rollback: required``).

    Only for a rollback that a person triggered, of a run in its window. What a failed step, a check or an objection
    takes back, and what has not been cut over for good, waits for nobody. A no, and no answer, leave the run as it is.
    """

    template_fields = (*ApprovalOperator.template_fields, "reason")
    otherwise = "nothing is changed: the run stays in its window."
    # An automatic rollback passes through here: it must not fail because the journal was away for a moment.
    attempts = 5

    def __init__(self, *, reason: str | None = "{{ params.reason }}", **kwargs: Any) -> None:
        super().__init__(run_id="{{ params.run }}", auto_approve=None, **kwargs)
        self.reason = reason

    def permitted(self, ctx: RunContext) -> Any:
        """Let it through: what may be rolled back, the next task knows."""
        return contextlib.nullcontext()

    def fill(self, ctx: RunContext, context: Context) -> None:
        run = ctx.journal.get_run(ctx.run_id)
        who = context["dag_run"].triggering_user_name or "An operator"
        why = f": {self.reason}" if self.reason not in (None, "", "None") else ", without saying why"
        self.subject = f"Take “{run.title}” back?"
        self.body = f"{who} asks for it{why}.\n\n{about(ctx.journal, run)}"

    def wanted(self, ctx: RunContext) -> bool:
        return ctx.spec.approvals.rollback == "required"

    def rule(self, ctx: RunContext, context: Context) -> str | None:
        if context["dag_run"].run_type.value != "manual":
            return "the rule that only what is triggered by hand waits for a person"
        state = ctx.journal.get_run(ctx.run_id).state
        return None if state == WINDOW else f"the rule that a run which is {standing(state)} is stopped at once"
