"""Find the run whose rollback window shall be closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import BaseOperator, Context

from cutover.errors import CutoverError
from cutover.journal.records import Run
from cutover.operators.begin_run import refuse_unknown
from cutover.operators.explain import explained
from cutover.operators.opening import open_context

MAY = frozenset({"window", "finalizing"})


class CannotFinalize(CutoverError):
    """The run is not in its rollback window, or the window is still open."""

    code = "OPR011"


class BeginFinalizeOperator(BaseOperator):
    """Checks that the run may be finalized, moves it to ``finalizing``, and returns its id.

    :param run: the run, from the form.
    :param early: whether the way back may be given up before its time.
    """

    template_fields: Sequence[str] = ("run", "early")
    ui_color = "#e8f1fa"

    def __init__(
        self, *, run: str = "{{ params.run }}", early: bool | str = "{{ params.early }}", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.run = run
        self.early = early

    def execute(self, context: Context) -> str:
        """Return the run's id."""
        with explained():
            refuse_unknown(context["dag_run"].conf, context["dag"].params)
            with open_context(self.run) as ctx:
                run = ctx.journal.get_run(self.run)
                refuse(run, early=str(self.early).lower() == "true", now=datetime.now(UTC))
                who = context["dag_run"].triggering_user_name
                ctx.journal.set_state(run.run_id, "finalizing", actor=who)
                self.log.info("finalizing run %s (%s)", run.run_id, run.title)
        return run.run_id


def refuse(run: Run, *, early: bool, now: datetime) -> None:
    """:raises CannotFinalize: the run is not in its window, or too early."""
    if run.state not in MAY:
        raise CannotFinalize(
            f"run {run.run_id!r} is {run.state.replace('_', ' ')}; only a run that was cut over can be finalized.",
            fix=f"finish it with the DAG {run.strategy}, or take it back with rollback_{run.strategy}.",
        )
    if run.state == "window" and run.window_ends_at and run.window_ends_at > now and not early:
        raise CannotFinalize(
            f"the way back of run {run.run_id!r} is open until {run.window_ends_at:%Y-%m-%d %H:%M} UTC.",
            fix="wait until then, or set `early` in the form to give it up now.",
        )
