"""Open the doors again."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.postgres import stop_the_world


class OpenDoorsOperator(CutoverOperator):
    """Lets the clients in to the new state, which is the decision, and measures the downtime."""

    step = "open"
    state = "cutting_over"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return stop_the_world.open_doors(ctx)

    def told(self, ctx: RunContext, result: dict[str, Any]) -> None:
        self.say(ctx, "doors_open", **{key: result[key] for key in ("downtime_s", "budget_s", "within_budget")})
