"""Ask whether the way back may be given up."""

from __future__ import annotations

import contextlib
from typing import Any

from airflow.sdk import Context

from cutover import strategies
from cutover.approvals.about import about
from cutover.approvals.holding import QUESTION
from cutover.context import RunContext
from cutover.operators.approval import ApprovalOperator


class ApproveFinalizeOperator(ApprovalOperator):
    """Asks where the migration wants that (``approvals.finalize: required``).

    A no, and no answer, leave the way back open. `finalize_due` asks again: after a question's time where somebody has
    said no, at its next turn where nobody has answered.
    """

    otherwise = "nothing is finalized and the way back stays open."

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(task_id=QUESTION, auto_approve=None, **kwargs)

    def permitted(self, ctx: RunContext) -> Any:
        """Let it through: the tasks before and after this one see to the run's state."""
        return contextlib.nullcontext()

    def fill(self, ctx: RunContext, context: Context) -> None:
        run = ctx.journal.get_run(ctx.run_id)
        params = context["params"]
        chosen = {name: params.get(name) or None for name in ("old_table", "old_database")}
        self.subject = f"Finalize “{run.title}”, and give up its way back?"
        self.body = f"Afterwards: {strategies.fate(ctx, **chosen)}\n\n{about(ctx.journal, run)}"

    def wanted(self, ctx: RunContext) -> bool:
        return ctx.spec.approvals.finalize == "required"

    def rule(self, ctx: RunContext, context: Context) -> str | None:
        state = ctx.journal.get_run(ctx.run_id).state
        return "the yes before: it is being finalized already" if state == "finalizing" else None
