"""Ask a person before the run goes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Context, Param
from airflow.sdk.exceptions import AirflowFailException

from cutover.context import RunContext
from cutover.operators import questions
from cutover.operators.base import RUN_ID
from cutover.operators.explain import explained
from cutover.operators.links import answer_url
from cutover.operators.opening import open_context
from cutover.operators.telling import courier
from cutover.operators.withdrawal import unless_withdrawn

YES, NO = "Approve", "Reject"
AUTO_APPROVE = "{{ params.get('auto_approve') }}"


class ApprovalOperator(HITLOperator):
    """Waits, without a worker slot, for a yes under Airflow's *Required Actions*; a no fails the task.

    Answers at once where the migration (``cutover.approval: auto``) or the trigger form (``auto_approve``) says so. No
    answer within ``response_timeout`` is a no. Who answered what, when and with which words is in the journal.

    :param subject: the question, templated. The body is Markdown, templated.
    """

    template_fields: Sequence[str] = ("subject", "body", "run_id", "auto_approve")

    def __init__(
        self,
        *,
        run_id: str = RUN_ID,
        auto_approve: bool | str | None = AUTO_APPROVE,
        response_timeout: timedelta = timedelta(hours=24),
        **kwargs: Any,
    ) -> None:
        kwargs["params"] = {"words": Param("", type=["null", "string"], title="Why (optional)")}
        # A question that is asked again by itself would only confuse: the answer, also a no, stands.
        kwargs["retries"] = 0
        super().__init__(options=[YES, NO], defaults=[NO], response_timeout=response_timeout, **kwargs)
        self.run_id = run_id
        self.auto_approve = auto_approve

    def execute(self, context: Context) -> Any:
        """Ask, unless the answer is known."""
        with explained(), open_context(self.run_id) as ctx, unless_withdrawn(ctx):
            rule = self._rule(ctx)
            if rule:
                self.log.info("approved without asking: %s", rule)
                questions.answered(ctx, self.subject, questions.Answer(self.task_id, True, rule))
                return {"chosen_options": [YES], "by": rule, "words": None}
            ti, within = context["ti"], self.response_timeout
            seconds = within.total_seconds() if within else None
            with courier(ctx):
                link, attempt = answer_url(ti), ti.try_number
                questions.ask(ctx, self.task_id, self.subject, attempt=attempt, link=link, within=seconds)
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Take the answer, write it down, and go on or fail."""
        answer = questions.of_event(self.task_id, super().execute_complete(context, event), YES)
        with explained(), open_context(self.run_id) as ctx, courier(ctx):
            questions.answered_by_person(ctx, self.subject, answer, attempt=context["ti"].try_number)
        if not answer.approved:
            raise AirflowFailException(answer.sentence(self.subject))
        return {"chosen_options": [YES], "by": answer.who, "words": answer.words}

    def _rule(self, ctx: RunContext) -> str | None:
        """Return the rule that answers, if any."""
        if str(self.auto_approve).lower() == "true":
            return f"the trigger form (auto_approve, {ctx.journal.get_run(ctx.run_id).triggered_by})"
        if ctx.spec.cutover.approval == "auto":
            return "the migration (cutover.approval: auto)"
        return None
