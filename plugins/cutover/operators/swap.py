"""The cutover itself."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.postgres import online


class SwapOperator(CutoverOperator):
    """Exchanges the tables in one short transaction; the old table follows the new one from then on."""

    step = "swap"
    state = "cutting_over"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return online.swap(ctx)

    def told(self, ctx: RunContext, result: dict[str, Any]) -> None:
        self.say(ctx, "cut_over", pause_ms=result.get("pause_ms"), attempts=result.get("attempts"))
