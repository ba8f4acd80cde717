"""Say what is going to happen, before anybody is asked to approve it."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.postgres.plan import plan_document


class PlanOperator(CutoverOperator):
    """Writes the plan: objective, changes, risks, order, estimated time, and the way back.

    It is the document ``plan.md`` of the run; the returned dict holds ``title`` and ``markdown`` for the question.
    """

    step = "plan"
    state = "preparing"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        text = plan_document(ctx).markdown
        ctx.journal.put_document(ctx.run_id, "plan.md", "text/markdown", text)
        return {"title": ctx.spec.title, "markdown": text}

    def told(self, ctx: RunContext, result: dict[str, Any]) -> None:
        tables = ", ".join(f"`{table.qualified}`" for table in ctx.spec.tables)
        self.say(ctx, "planned", summary=f"It changes {tables}.")
