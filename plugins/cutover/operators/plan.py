"""Say what is going to happen, before anybody is asked to approve it."""

from __future__ import annotations

import json
from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.messages import words
from cutover.operators.base import CutoverOperator
from cutover.postgres.plan import AnyPlan, plan_document
from cutover.postgres.preflight import Finding


class PlanOperator(CutoverOperator):
    """Writes the plan: objective, changes, risks, order, estimated time, and the way back.

    It becomes the documents ``plan.md`` and ``plan.json`` of the run; the returned dict holds ``title``, ``markdown``
    (for the question) and ``summary`` (one sentence, for the stakeholders).
    """

    step = "plan"
    state = "preparing"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        plan = plan_document(ctx, _findings(ctx))
        text = plan.markdown
        ctx.journal.put_document(ctx.run_id, "plan.md", "text/markdown", text)
        ctx.journal.put_document(ctx.run_id, "plan.json", "application/json", json.dumps(plan.as_dict(), default=str))
        return {"title": ctx.spec.title, "markdown": text, "summary": summary(plan)}

    def told(self, ctx: RunContext, result: dict[str, Any]) -> None:
        self.say(ctx, "planned", summary=result["summary"])


def summary(plan: AnyPlan) -> str:
    """Return the plan in one sentence: what moves, rows, time, warnings."""
    parts = [plan.objects]
    if plan.rows is not None:
        parts.append(f"about {words.number(plan.rows)} rows")
    if plan.total:
        parts.append(f"{words.span(plan.total.low)} to {words.span(plan.total.high)}")
    warnings = sum(finding.severity == "warning" for finding in plan.findings)
    parts.append(f"{warnings} warning{'' if warnings == 1 else 's'}")
    return "; ".join(parts) + "."


def _findings(ctx: RunContext) -> list[Finding] | None:
    """Return what this run's preflight found, so that the plan says the same; ``None`` lets the rules run again."""
    done = [step for step in ctx.journal.steps(ctx.run_id) if step.name == "preflight" and step.state == "done"]
    return [Finding(**finding) for finding in done[-1].detail.get("findings", [])] if done else None
