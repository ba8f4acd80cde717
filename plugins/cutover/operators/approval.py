"""Ask a person before the run goes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

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
from cutover.spec.approving import OWNER

MINUTES = 30
AUTO_APPROVE = "{{ params.get('auto_approve') }}"
REHEARSAL = "a rehearsal"


class ApprovalOperator(HITLOperator):
    """Waits, without a worker slot, for a yes under Airflow's *Required Actions*; a no fails the task.

    Answers at once in a rehearsal, and where the migration (``cutover.approval: auto``) or the trigger form
    (``auto_approve``) says so. Who may answer and for how long the question waits, the run's own spec says
    (``approvals``), so both are set when it is asked. No answer in time is a no. Who answered what, when and with which
    words is in the journal.

    :param subject: the question, templated. The body is Markdown, templated.
    :param may_wait: offer to postpone: the question is asked again after the minutes that were named, as often as
        anybody likes. No answer in time then is no answer: it is asked again at once, and nothing happens by itself.
    :cvar later: the button that says neither yes nor no, if there is one.
    :cvar otherwise: what happens without an answer, in words.
    :cvar attempts: retries; 0, because a question that is asked again by itself would only confuse.
    """

    template_fields: Sequence[str] = ("subject", "body", "run_id", "auto_approve")
    yes: ClassVar[str] = "Approve"
    no: ClassVar[str] = "Reject"
    later: ClassVar[str | None] = None
    otherwise: ClassVar[str] = "the run stops and nothing is cut over."
    four_eyes: ClassVar[bool] = True
    attempts: ClassVar[int] = 0

    def __init__(
        self,
        *,
        run_id: str = RUN_ID,
        subject: str = "",
        auto_approve: bool | str | None = AUTO_APPROVE,
        may_wait: bool = False,
        **kwargs: Any,
    ) -> None:
        postpone = "Postpone" if may_wait else self.later
        kwargs["params"] = {"words": Param("", type=["null", "string"], title="Why (optional)")}
        if may_wait:
            kwargs["params"]["minutes"] = Param(
                MINUTES, type="integer", minimum=1, maximum=10080, title="Postpone by so many minutes"
            )
        kwargs["retries"] = self.attempts
        options = [self.yes, postpone, self.no] if postpone else [self.yes, self.no]
        super().__init__(subject=subject, options=options, defaults=[postpone or self.no], **kwargs)
        self.postpone = postpone
        self.run_id = run_id
        self.may_wait = may_wait
        self.auto_approve = auto_approve

    def execute(self, context: Context) -> Any:
        """Ask, unless the answer is known."""
        with explained(), open_context(self.run_id) as ctx, self.permitted(ctx):
            self.fill(ctx, context)
            if not self.wanted(ctx):
                return self.unasked(ctx)
            place = self._place(context)
            rule = REHEARSAL if ctx.journal.get_run(ctx.run_id).dry_run else self.rule(ctx, context)
            if rule:
                self.log.info("answered without asking, by %s: %s", rule, self.subject)
                answer = questions.Answer(place.task, True, rule, dag_run_id=place.dag_run_id)
                questions.answered(ctx, self.subject, answer)
                return self.go_on(ctx, answer)
            rules = ctx.spec.approvals
            self.response_timeout = rules.timeout
            self.assigned_users = [{"id": who, "name": who} for who in rules.people.get(self.answerer, [])]  # type: ignore[call-overload]
            within = None if self.may_wait else rules.timeout.total_seconds()
            with courier(ctx):
                questions.ask(ctx, place, self.subject, within=within, otherwise=self.otherwise)
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Take the answer, write it down, and go on or fail."""
        response = super().execute_complete(context, event)
        with explained(), open_context(self.run_id) as ctx, courier(ctx):
            self.fill(ctx, context)
            answer = questions.of_event(self._place(context), response, yes=self.yes, later=self.postpone)
            if not (again := self._again(ctx, context, answer, response)):
                questions.answered_by_person(ctx, self.subject, answer)
                return self.go_on(ctx, answer) if answer.approved else self.denied(ctx, answer)
        return again(context)

    def ask_again(self, context: Context, event: Any = None) -> Any:
        """Ask the question once more."""
        return self.execute(context)

    # What a question of another kind says otherwise.

    @property
    def key(self) -> str:
        """What the journal calls the question."""
        return self.task_id

    @property
    def answerer(self) -> str:
        """Who may answer: a key of the spec's ``approvals.people``."""
        return OWNER

    def permitted(self, ctx: RunContext) -> Any:
        """Return the context manager that refuses a question that must not be asked any more."""
        return unless_withdrawn(ctx)

    def fill(self, ctx: RunContext, context: Context) -> None:
        """Write subject and body where a template does not know enough; called again for the answer."""

    def wanted(self, ctx: RunContext) -> bool:
        """Return whether the migration wants the question to be asked at all."""
        return True

    def unasked(self, ctx: RunContext) -> Any:
        """Return what the task returns where the migration does not want the question."""
        return None

    def rule(self, ctx: RunContext, context: Context) -> str | None:
        """Return the rule that says yes, if any."""
        if self.ticked(ctx):
            return f"the trigger form (auto_approve, {ctx.journal.get_run(ctx.run_id).triggered_by})"
        if ctx.spec.cutover.approval == "auto":
            return "the migration (cutover.approval: auto)"
        return None

    def ticked(self, ctx: RunContext) -> bool:
        """Return whether the trigger form said yes beforehand: that is the yes of whoever triggered it."""
        ticked = str(self.auto_approve).lower() == "true"
        if ticked and ctx.spec.approvals.four_eyes:
            self.log.warning("the form's yes does not count: the migration wants four eyes (approvals.four_eyes)")
        return ticked and not ctx.spec.approvals.four_eyes

    def go_on(self, ctx: RunContext, answer: questions.Answer) -> Any:
        """Return what the task returns after a yes."""
        return {"chosen_options": [self.yes], "by": answer.who, "words": answer.words}

    def denied(self, ctx: RunContext, answer: questions.Answer) -> Any:
        """Do what a no means."""
        raise AirflowFailException(answer.sentence(self.subject))

    def _again(self, ctx: RunContext, context: Context, answer: questions.Answer, response: Any) -> Any:
        """Return what asks the question again, where this was no answer; the journal then knows why."""
        if answer.later and self.may_wait:
            # At once where nobody has answered in time.
            minutes = 0 if answer.timed_out else int((response.get("params_input") or {}).get("minutes") or MINUTES)
            questions.postponed(ctx, self.subject, answer, minutes=minutes)
            return (lambda context: self._rest(minutes)) if minutes else self.execute
        asker = context["dag_run"].triggering_user_name or ctx.journal.get_run(ctx.run_id).triggered_by
        if answer.approved and self.four_eyes and ctx.spec.approvals.four_eyes and asker in questions.names(response):
            questions.refused(ctx, self.subject, answer)
            return self.execute
        return None

    def _rest(self, minutes: int) -> Any:
        """Wait, without a worker slot."""
        return self.defer(trigger=TimeDeltaTrigger(timedelta(minutes=minutes)), method_name="ask_again")

    def _place(self, context: Context) -> questions.Place:
        ti = context["ti"]
        index = -1 if ti.map_index is None else ti.map_index
        return questions.Place(self.key, ti.dag_id, ti.run_id, ti.task_id, index, answer_url(ti))
