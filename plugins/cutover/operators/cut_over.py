"""The cutover between two databases."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.postgres import blue_green


class CutOverOperator(CutoverOperator):
    """Holds the clients for milliseconds, moves live to green, and lets them go on there: one task, one process.

    It may be tried again: whatever an attempt has left in the middle is settled first, and where green is live
    already only the way back is seen to. When every attempt is refused, clients are on blue as if nothing had been.
    """

    step = "cut_over"
    state = "cutting_over"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return blue_green.cut_over(ctx)

    def told(self, ctx: RunContext, result: dict[str, Any]) -> None:
        self.say(ctx, "cut_over", pause_ms=result.get("pause_ms"), attempts=result.get("attempts"))
