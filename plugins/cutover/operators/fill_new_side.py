"""Fill the new side of a change of shape with what was there before."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover import strategies
from cutover.context import RunContext
from cutover.operators.base import CutoverOperator


class FillNewSideOperator(CutoverOperator):
    """Derives all rows in batches; never over something newer. Tried again, it begins anew and changes what differs."""

    step = "backfill"
    state = "filling"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return strategies.dual(ctx).backfill(ctx)
