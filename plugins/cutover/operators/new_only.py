"""The cutover of a change of shape."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover import strategies
from cutover.context import RunContext
from cutover.operators.base import CutoverOperator


class NewOnlyOperator(CutoverOperator):
    """Holds writes for a moment and moves the flag to ``new_only``; the old side follows from then on.

    One task, one process. A hold that nobody ends is over by itself after ``cutover.max_pause``.
    """

    step = "new_only"
    state = "cutting_over"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return strategies.dual(ctx).new_only(ctx)

    def told(self, ctx: RunContext, result: dict[str, Any]) -> None:
        self.say(ctx, "cut_over", pause_ms=result.get("pause_ms"), attempts=result.get("attempts"))
