"""What the critical section had no time for."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.postgres import online


class SettleOperator(CutoverOperator):
    """Validates the constraints that the swap left NOT VALID, and analyzes."""

    step = "settle"
    state = "watching"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return online.settle(ctx)
