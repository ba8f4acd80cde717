"""Find the run whose rollback window shall be closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowSkipException

from cutover.approvals.holding import UNSIGNED, unsigned
from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.journal.records import Run
from cutover.operators import questions
from cutover.operators.begin_run import refuse_unknown
from cutover.operators.explain import explained
from cutover.operators.in_window import WINDOW
from cutover.operators.opening import open_context

MAY = frozenset({WINDOW, "finalizing"})


class CannotFinalize(CutoverError):
    """The run is not in its rollback window, or the window is still open."""

    code = "OPR011"


class NotSignedOff(CutoverError):
    """A role that has to sign has not."""

    code = "OPR014"


class BeginFinalizeOperator(BaseOperator):
    """Checks that the run may be finalized, and returns its id. Its window is closed by what comes after the question.

    :param run: the run, from the form.
    :param early: whether the way back may be given up before its time.
    :param unsigned: whether it may be given up although a role has not signed off; that is written down.
    """

    template_fields: Sequence[str] = ("run", "early", "unsigned")
    ui_color = "#e8f1fa"

    def __init__(
        self,
        *,
        run: str = "{{ params.run }}",
        early: bool | str = "{{ params.early }}",
        unsigned: bool | str = "{{ params.unsigned }}",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.run = run
        self.early = early
        self.unsigned = unsigned

    def execute(self, context: Context) -> str:
        """Return the run's id."""
        with explained():
            refuse_unknown(context["dag_run"].conf, context["dag"].params)
            with open_context(self.run) as ctx:
                run = ctx.journal.get_run(self.run)
                # A DAG run that was cleared asks anew: what it asked before cannot be answered any more.
                if questions.withdraw(ctx, context["dag_run"].run_id) and run.state != WINDOW:
                    raise AirflowSkipException(f"the run is {run.standing}: the question is withdrawn.")
                refuse(run, early=_yes(self.early), now=datetime.now(UTC))
                self._signed(ctx, run, context["dag_run"].triggering_user_name)
        return run.run_id

    def _signed(self, ctx: RunContext, run: Run, who: str | None) -> None:
        why = unsigned(run, ctx.journal.events(run.run_id))
        if why is None or run.state == "finalizing":
            return
        if not _yes(self.unsigned):
            raise NotSignedOff(
                f"run {run.run_id!r} cannot be finalized: {why}.",
                fix="trigger the DAG sign_off to ask again, or set `unsigned` in the form.",
            )
        ctx.journal.event(run.run_id, UNSIGNED, f"finalized although {why}, as the form says", actor=who)


def _yes(value: bool | str) -> bool:
    return str(value).lower() == "true"


def refuse(run: Run, *, early: bool, now: datetime) -> None:
    """:raises CannotFinalize: the run is not in its window, or too early."""
    refuse_state(run)
    if run.state == WINDOW and run.window_ends_at and run.window_ends_at > now and not early:
        raise CannotFinalize(
            f"the way back of run {run.run_id!r} is open until {run.window_ends_at:%Y-%m-%d %H:%M} UTC.",
            fix="wait until then, or set `early` in the form to give it up now.",
        )


def refuse_state(run: Run) -> None:
    """:raises CannotFinalize: the run is not in its window."""
    if run.state not in MAY:
        raise CannotFinalize(
            f"run {run.run_id!r} is {run.standing}; only a run that was cut over can be finalized.",
            fix=f"finish it with the DAG {run.strategy}, or take it back with rollback_{run.strategy}.",
        )
