"""Close the doors of the live database."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.postgres import stop_the_world


class CloseDoorsOperator(CutoverOperator):
    """Closes the doors: hooks, router, fence; transactions are given time, sessions are ended. It fails as if
    nothing had been."""

    step = "close"
    state = "cutting_over"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return stop_the_world.close(ctx)

    def told(self, ctx: RunContext, result: dict[str, Any]) -> None:
        self.say(ctx, "doors_closed", clients=result.get("clients"), ended=len(result.get("ended") or ()))
