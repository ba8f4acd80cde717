"""Find out who is to sign a run off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowSkipException

from cutover.approvals.asked import open_questions
from cutover.approvals.signing import BEGUN, Signature, signatures, spoken
from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.journal.records import Run
from cutover.operators import questions
from cutover.operators.begin_run import refuse_unknown
from cutover.operators.dag_run_state import OVER, dag_run_state
from cutover.operators.explain import explained
from cutover.operators.in_window import WINDOW
from cutover.operators.opening import open_context


class CannotSignOff(CutoverError):
    """The run is not in its rollback window, or nobody has to sign it off."""

    code = "OPR013"


class BeginSignOffOperator(BaseOperator):
    """Returns the roles that are to be asked: those that have not signed, and that no other DAG run is asking.

    A run that has left its window meanwhile asks nobody, and the questions that this DAG run had open are withdrawn.

    :param run: the run, from the form.
    """

    template_fields: Sequence[str] = ("run",)
    ui_color = "#e8f1fa"

    def __init__(self, *, run: str = "{{ params.run }}", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run = run

    def execute(self, context: Context) -> list[str]:
        """Return the roles. :raises CannotSignOff: there is nothing to be signed off."""
        with explained():
            refuse_unknown(context["dag_run"].conf, context["dag"].params)
            with open_context(self.run) as ctx:
                self._tidy(ctx, context)
                return self._roles(ctx, context["dag_run"].run_id, context["dag_run"].triggering_user_name)

    def _tidy(self, ctx: RunContext, context: Context) -> None:
        """Withdraw what can no longer be answered: DAG runs that were cleared, or are over."""
        run, own = ctx.journal.get_run(ctx.run_id), context["dag_run"].run_id
        withdrawn = questions.withdraw(ctx, own)
        if run.state != WINDOW and withdrawn:
            raise AirflowSkipException(f"the run is {run.standing}: its questions are withdrawn.")
        others = {(q.place.get("dag_id"), q.dag_run_id) for q in open_questions(ctx.journal.events(ctx.run_id))}
        for dag_id, dag_run_id in others:
            if dag_run_id and dag_run_state(context, dag_id, dag_run_id) in OVER:
                questions.withdraw(ctx, dag_run_id)

    def _roles(self, ctx: RunContext, dag_run_id: str, who: str | None) -> list[str]:
        run = ctx.journal.get_run(ctx.run_id)
        standing = signatures(run, ctx.journal.events(ctx.run_id))
        refuse(run, standing)
        roles = [each.role for each in standing if each.state in ("missing", "objects")]
        text = f"asked to sign off: {', '.join(map(spoken, roles)) or 'nobody, all have signed or are being asked'}"
        ctx.journal.event(ctx.run_id, BEGUN, text, actor=who, data={"roles": roles, "dag_run_id": dag_run_id})
        self.log.info("run %s (%s): %s", run.run_id, run.title, text)
        return roles


def refuse(run: Run, standing: Sequence[Signature]) -> None:
    """:raises CannotSignOff: the run is not in its window, or its migration wants no signatures."""
    if run.state != WINDOW:
        raise CannotSignOff(
            f"run {run.run_id!r} is {run.standing}; only a run in its rollback window is signed off.",
            fix="choose a run that was cut over and is not finalized yet.",
        )
    if not standing:
        why = "it is a rehearsal" if run.dry_run else "its migration names no roles"
        raise CannotSignOff(
            f"run {run.run_id!r} has nobody who signs it off: {why}.",
            fix="name roles in approvals.sign_off of the spec; a run keeps the spec that it began with.",
        )
