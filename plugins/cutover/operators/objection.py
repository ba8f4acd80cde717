"""Decide what an objection leads to."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from cutover.approvals.about import about
from cutover.approvals.signing import Signature, signatures
from cutover.context import RunContext
from cutover.operators import questions
from cutover.operators.approval import ApprovalOperator
from cutover.operators.in_window import only_in_window


class ObjectionOperator(ApprovalOperator):
    """Asks the owner, as soon as one role objects, whether to roll back; or does what the migration says.

    Returns the rollbacks to be triggered: one, or none. Without an answer the run stays as it is: the way back is open,
    and it is not finalized by the clock as long as a sign-off is missing.
    """

    yes, no = "Roll back", "Keep"
    otherwise = "the run stays as it is: the way back is open, and it is not finalized by the clock."
    four_eyes = False

    def __init__(self, *, run_id: str = "{{ params.run }}", **kwargs: Any) -> None:
        super().__init__(run_id=run_id, auto_approve=None, **kwargs)

    def permitted(self, ctx: RunContext) -> Any:
        return only_in_window(ctx)

    def fill(self, ctx: RunContext, context: Context) -> None:
        """:raises AirflowSkipException: nobody objects; a sign-off failed for another reason."""
        run = ctx.journal.get_run(ctx.run_id)
        objects = self._objections(ctx)
        if not objects:
            raise AirflowSkipException("no role objects (any more).")
        self.subject = f"{'; '.join(each.text for each in objects)}. Roll “{run.title}” back?"
        self.body = about(ctx.journal, run)

    def wanted(self, ctx: RunContext) -> bool:
        return ctx.spec.approvals.on_objection != "keep"

    def unasked(self, ctx: RunContext) -> list[dict[str, Any]]:
        self.log.info("kept, because the migration says approvals.on_objection: keep")
        return []

    def rule(self, ctx: RunContext, context: Context) -> str | None:
        wanted = ctx.spec.approvals.on_objection
        return "the migration (approvals.on_objection: roll_back)" if wanted == "roll_back" else None

    def go_on(self, ctx: RunContext, answer: questions.Answer) -> list[dict[str, Any]]:
        why = "; ".join(each.text for each in self._objections(ctx))
        by = f" ({answer.who}: {answer.words})" if answer.words else ""
        return [
            {"trigger_dag_id": f"rollback_{ctx.spec.strategy}", "conf": {"run": ctx.run_id, "reason": f"{why}{by}"}}
        ]

    def denied(self, ctx: RunContext, answer: questions.Answer) -> list[dict[str, Any]]:
        return []

    def _objections(self, ctx: RunContext) -> list[Signature]:
        run = ctx.journal.get_run(ctx.run_id)
        return [each for each in signatures(run, ctx.journal.events(ctx.run_id)) if each.state == "objects"]
