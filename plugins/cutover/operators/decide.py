"""The two forks of a run: go on, or take it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from airflow.sdk import BaseBranchOperator, Context

from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.operators.base import RUN_ID
from cutover.operators.explain import explained
from cutover.operators.opening import open_context

BAD = frozenset({"failed", "upstream_failed", "removed"})


class DecideOperator(BaseBranchOperator):
    """Goes on when all of ``steps`` succeeded; else leads to the rollback, with the reason.

    The reason (the step, and the first line of what went wrong) is pushed as XCom ``reason``. Where the migration says
    ``rollback.automatic: false`` a failure leads to neither: the run ends failed and waits for a person. Where no run
    began there is nothing to take back.

    :param steps: task ids that must have succeeded.
    :param go_on: task id (or task group id) of the way forward.
    :param go_back: task id of the rollback.
    :param stop: task id that is right when neither is; by default everything that follows is skipped.
    """

    template_fields: Sequence[str] = ("run_id",)
    ui_color = "#fff3d6"

    def __init__(
        self,
        *,
        steps: Sequence[str],
        go_on: str,
        go_back: str,
        stop: str | None = None,
        run_id: str | None = RUN_ID,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.steps = list(steps)
        self.go_on = go_on
        self.go_back = go_back
        self.stop = stop
        self.run_id = run_id

    def choose_branch(self, context: Context) -> str | Iterable[str] | None:
        """Return the task to go on with."""
        states = self._states(context)
        failed = [task for task in self.steps if states.get(task) in BAD]
        others = [task for task in self.steps if states.get(task) not in BAD and states.get(task) != "success"]
        if not failed and not others:
            return self.go_on
        if not self.run_id or not isinstance(self.run_id, str):
            self.log.info("no run began, so there is nothing to take back")
            return self.stop
        with explained(), open_context(self.run_id) as ctx:
            first = next((task for task in failed if states[task] == "failed"), (failed or others)[0])
            why = reason(ctx.journal, ctx.journal.get_run(ctx.run_id), first)
            context["ti"].xcom_push(key="reason", value=why)
            automatic = ctx.spec.rollback.automatic
            ctx.journal.event(ctx.run_id, "decision", f"{'roll back' if automatic else 'stop and wait'}: {why}")
        if automatic:
            return self.go_back
        self.log.warning("not taken back, because the migration says rollback.automatic: false. Reason: %s", why)
        return self.stop

    def _states(self, context: Context) -> dict[str, Any]:
        ti, dag_run = context["ti"], context["dag_run"]
        found = ti.get_task_states(dag_id=dag_run.dag_id, run_ids=[dag_run.run_id], task_ids=self.steps)
        return found.get(dag_run.run_id, {})


def reason(journal: Journal, run: Run, task_id: str) -> str:
    """Say which step went wrong and how: by the journal, which also knows of killed workers and of a person's no."""
    name = task_id.rsplit(".", 1)[-1]
    attempts = [step for step in journal.steps(run.run_id) if step.name == name]
    if attempts and attempts[-1].state == "cancelled":
        return f"{name}: stopped by an operator."
    if attempts and attempts[-1].error:
        return f"{name}: {attempts[-1].error.strip().splitlines()[0]}"
    if attempts and attempts[-1].state == "running":
        return f"{name}: its worker ended without a word, or the task was marked failed."
    answers = [e for e in journal.events(run.run_id, kind="approval") if (e.data or {}).get("task") == task_id]
    if answers and not (answers[-1].data or {}).get("approved"):
        return answers[-1].text
    return f"{name}: the task failed before its step began; see its log."
