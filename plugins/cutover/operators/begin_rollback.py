"""Find the run that shall be taken back, and stop it from going further."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator, Context

from cutover.errors import CutoverError
from cutover.journal.records import Run
from cutover.operators.begin_run import refuse_unknown
from cutover.operators.explain import explained
from cutover.operators.opening import open_context
from cutover.operators.telling import courier, say

# Nothing of these is left to be taken back.
OVER = frozenset({"finalized", "finalizing"})


class CannotRollBack(CutoverError):
    """The run has no way back, or belongs to another strategy."""

    code = "OPR009"


class BeginRollbackOperator(BaseOperator):
    """Moves the chosen run to ``rolling_back``, which stops its steps wherever they are, and returns its id.

    A run that was rolled back already is let through: rolling back twice is harmless, and proves again that the old
    side is live.

    :param run: the run, from the form.
    :param reason: why, from the form or from the run that failed.
    """

    template_fields: Sequence[str] = ("run", "reason")
    ui_color = "#fde8e8"

    def __init__(
        self,
        *,
        strategy: str,
        run: str = "{{ params.run }}",
        reason: str | None = "{{ params.reason }}",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.strategy = strategy
        self.run = run
        self.reason = reason

    def execute(self, context: Context) -> str:
        """Return the run's id."""
        with explained():
            refuse_unknown(context["dag_run"].conf, context["dag"].params)
            with open_context(self.run) as ctx, courier(ctx):
                run = ctx.journal.get_run(self.run)
                refuse(run, self.strategy)
                who = context["dag_run"].triggering_user_name
                why = self.reason or f"asked for by {who or 'an operator'}"
                if run.state not in ("rolling_back", "rolled_back"):  # the first reason stands
                    ctx.journal.set_state(run.run_id, "rolling_back", reason=str(why), actor=who)
                    say(ctx.journal, run.run_id, "rolling_back", who=who, reason=str(why))
                self.log.info("taking back run %s (%s), which was %s: %s", run.run_id, run.title, run.state, why)
        return run.run_id


def refuse(run: Run, strategy: str) -> None:
    """:raises CannotRollBack: this DAG cannot take the run back."""
    if run.strategy != strategy:
        raise CannotRollBack(
            f"run {run.run_id!r} used the strategy {run.strategy!r}, not {strategy!r}.",
            fix=f"trigger the DAG rollback_{run.strategy}.",
        )
    if run.state in OVER:
        raise CannotRollBack(
            f"run {run.run_id!r} is {run.standing}: its old side is no longer kept in step, so there is no way back.",
            fix="write a migration that changes the table back, and run it like any other.",
        )
