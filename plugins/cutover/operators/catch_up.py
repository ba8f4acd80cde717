"""Let the new side catch up with the live one."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.postgres import online


class CatchUpOperator(CutoverOperator):
    """Drains touched keys until next to none are left."""

    step = "catch_up"
    state = "catching_up"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return online.catch_up(ctx)
