"""Ask one role whether the new side is as it should be."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from cutover.approvals.about import about
from cutover.approvals.signing import PREFIX, spoken
from cutover.context import RunContext
from cutover.operators import questions
from cutover.operators.approval import ApprovalOperator
from cutover.operators.in_window import only_in_window

LOOK_AT = {
    "database": "Is the database well: the way back in step, no locks that last, plans as they were, room on the disk?",
    "application": "Does the application work on the new side: errors, latency, and what it does rarely?",
    "operations": "Is all that surrounds the database well: monitoring, backups, jobs, pools, alerts?",
    "qa": "Do the acceptance and regression tests pass on the new side?",
    "product_owner": "Is it what was ordered, and may the way back be closed when its time has come?",
}


class SignOffOperator(ApprovalOperator):
    """Asks ``role``: *Sign off*, *Object* or *Not now*. An objection fails the task; no answer in time skips it.

    :param role: one of the spec's ``approvals.sign_off``.
    """

    yes, no, later = "Sign off", "Object", "Not now"
    otherwise = "it is not signed off, and not finalized by the clock."
    four_eyes = False

    def __init__(self, *, role: str, run_id: str = "{{ params.run }}", **kwargs: Any) -> None:
        super().__init__(run_id=run_id, auto_approve=None, **kwargs)
        self.role = role

    @property
    def key(self) -> str:
        return PREFIX + self.role

    @property
    def answerer(self) -> str:
        return self.role

    def permitted(self, ctx: RunContext) -> Any:
        return only_in_window(ctx)

    def fill(self, ctx: RunContext, context: Context) -> None:
        run = ctx.journal.get_run(ctx.run_id)
        self.subject = f"{spoken(self.role)[0].upper()}{spoken(self.role)[1:]}: sign off “{run.title}”?"
        self.body = f"{LOOK_AT[self.role]}\n\n{about(ctx.journal, run)}"

    def rule(self, ctx: RunContext, context: Context) -> str | None:
        return None

    def denied(self, ctx: RunContext, answer: questions.Answer) -> Any:
        if answer.later:
            raise AirflowSkipException(answer.sentence(self.subject))
        return super().denied(ctx, answer)
