"""Ask a person before the run goes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
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

YES, LATER, NO = "Approve", "Postpone", "Reject"
MINUTES = 30
AUTO_APPROVE = "{{ params.get('auto_approve') }}"


class ApprovalOperator(HITLOperator):
    """Waits, without a worker slot, for a yes under Airflow's *Required Actions*; a no fails the task.

    Answers at once where the migration (``cutover.approval: auto``) or the trigger form (``auto_approve``) says so. No
    answer within ``response_timeout`` is a no. Who answered what, when and with which words is in the journal.

    :param subject: the question, templated. The body is Markdown, templated.
    :param may_wait: offer to postpone: the question is asked again after the minutes that were named, as often as
        anybody likes. No answer in time then is no answer: it is asked again at once, and nothing happens by itself.
    """

    template_fields: Sequence[str] = ("subject", "body", "run_id", "auto_approve")

    def __init__(
        self,
        *,
        run_id: str = RUN_ID,
        auto_approve: bool | str | None = AUTO_APPROVE,
        response_timeout: timedelta = timedelta(hours=24),
        may_wait: bool = False,
        **kwargs: Any,
    ) -> None:
        kwargs["params"] = {"words": Param("", type=["null", "string"], title="Why (optional)")}
        if may_wait:
            kwargs["params"]["minutes"] = Param(
                MINUTES, type="integer", minimum=1, maximum=10080, title="Postpone by so many minutes"
            )
        # A question that is asked again by itself would only confuse: the answer, also a no, stands.
        kwargs["retries"] = 0
        options, otherwise = ([YES, LATER, NO], LATER) if may_wait else ([YES, NO], NO)
        super().__init__(options=options, defaults=[otherwise], response_timeout=response_timeout, **kwargs)
        self.run_id = run_id
        self.may_wait = may_wait
        self.auto_approve = auto_approve

    def execute(self, context: Context) -> Any:
        """Ask, unless the answer is known."""
        with explained(), open_context(self.run_id) as ctx, self.permitted(ctx):
            rule = self._rule(ctx)
            if rule:
                self.log.info("approved without asking: %s", rule)
                questions.answered(ctx, self.subject, questions.Answer(self.task_id, True, rule))
                return {"chosen_options": [YES], "by": rule, "words": None}
            ti, within = context["ti"], self.response_timeout
            seconds = within.total_seconds() if within else None
            with courier(ctx):
                link, attempt = answer_url(ti), ti.try_number
                questions.ask(
                    ctx,
                    self.task_id,
                    self.subject,
                    attempt=attempt,
                    link=link,
                    within=None if self.may_wait else seconds,
                )
        return super().execute(context)

    def permitted(self, ctx: RunContext) -> Any:
        """Return the context manager that refuses a question that must not be asked any more."""
        return unless_withdrawn(ctx)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Take the answer, write it down, and go on or fail."""
        response = super().execute_complete(context, event)
        answer = questions.of_event(self.task_id, response, YES)
        if response["chosen_options"] == [LATER]:
            return self._postpone(context, answer, response)
        with explained(), open_context(self.run_id) as ctx, courier(ctx):
            questions.answered_by_person(ctx, self.subject, answer, attempt=context["ti"].try_number)
        if not answer.approved:
            raise AirflowFailException(answer.sentence(self.subject))
        return {"chosen_options": [YES], "by": answer.who, "words": answer.words}

    def ask_again(self, context: Context, event: Any = None) -> Any:
        """Ask the postponed question once more."""
        return self.execute(context)

    def _postpone(self, context: Context, answer: questions.Answer, response: Any) -> Any:
        """Wait, without a worker slot, and ask again; at once where nobody has answered in time."""
        by_person = bool(response.get("responded_by_user"))
        minutes = int((response.get("params_input") or {}).get("minutes") or MINUTES) if by_person else 0
        with explained(), open_context(self.run_id) as ctx, courier(ctx):
            questions.postponed(ctx, self.subject, answer, minutes=minutes)
        if not minutes:
            return self.execute(context)
        return self.defer(trigger=TimeDeltaTrigger(timedelta(minutes=minutes)), method_name="ask_again")

    def _rule(self, ctx: RunContext) -> str | None:
        """Return the rule that answers, if any."""
        if str(self.auto_approve).lower() == "true":
            return f"the trigger form (auto_approve, {ctx.journal.get_run(ctx.run_id).triggered_by})"
        if ctx.spec.cutover.approval == "auto":
            return "the migration (cutover.approval: auto)"
        return None
