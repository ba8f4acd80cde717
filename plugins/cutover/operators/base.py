"""What every step of a strategy has in common as an Airflow task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from airflow.sdk import BaseOperator, Context

from cutover.context import RunContext
from cutover.operators.cancelling import Cancelling
from cutover.operators.explain import explained
from cutover.operators.opening import open_context
from cutover.operators.rehearsal import fail_on_purpose
from cutover.operators.runbook import RunbookLink, keep_runbook
from cutover.operators.telling import courier, say
from cutover.operators.withdrawal import unless_withdrawn

RUN_ID = "{{ ti.xcom_pull(task_ids='begin') }}"
FAIL_AT = "{{ params.get('fail_at') }}"


class CutoverOperator(Cancelling, BaseOperator):
    """Runs one step of a run: told to the journal, stopped on the server when the task is marked failed.

    A subclass names its ``step`` and does it in :meth:`work`, which is idempotent: Airflow may call it again after a
    worker was killed at any instant.

    :cvar step: the step's name in the journal.
    :cvar state: the state into which the run goes when the step begins.
    :cvar ends: whether the run has come to an end with this step, so that its runbook is kept.
    :param run_id: the run; by default what the task ``begin`` returned.
    :param fail_at: the step that shall fail on purpose.
    """

    template_fields: Sequence[str] = ("run_id", "fail_at")
    ui_color = "#e8f1fa"
    step: ClassVar[str]
    state: ClassVar[str | None] = None
    grace: ClassVar[float] = 1.0
    ends: ClassVar[bool] = False
    operator_extra_links = (RunbookLink(),)

    def __init__(self, *, run_id: str = RUN_ID, fail_at: str | None = FAIL_AT, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_id = run_id
        self.fail_at = fail_at

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        """Do the step; return what is worth keeping, JSON-safe and small: it goes into the journal and XCom."""
        raise NotImplementedError

    def told(self, ctx: RunContext, result: dict[str, Any]) -> None:
        """Tell the stakeholders what came out, by :meth:`say`; nothing by default."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Do the step once."""
        with (
            explained(),
            open_context(self.run_id, self.cancel_token()) as ctx,
            courier(ctx, grace=self.grace),
            self.permitted(ctx),
        ):
            result = self._step(ctx, context)
            if self.ends:
                keep_runbook(ctx)
            return result

    def permitted(self, ctx: RunContext) -> Any:
        """Return the context manager that refuses or stops a step that must not run."""
        return unless_withdrawn(ctx)

    def say(self, ctx: RunContext, key: str, template: str | None = None, **values: Any) -> None:
        """Put a milestone on its way to the stakeholders."""
        say(ctx.journal, ctx.run_id, key, template, **values)

    def _step(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        if self.state:
            ctx.journal.set_state(ctx.run_id, self.state)
        with ctx.journal.step(ctx.run_id, self.step) as step:
            result = self.work(ctx, context)
            step.detail(result)
            self.told(ctx, result)
            fail_on_purpose(self.fail_at, self.step)
        return result
