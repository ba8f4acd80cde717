"""Copy the rows that were there before capture began."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.postgres import online


class BackfillOperator(CutoverOperator):
    """Copies in batches; after a crash it goes on from the last checkpoint.

    Can be paused, resumed and throttled while it runs, on the page Migrations or by the journal's controls.
    """

    step = "backfill"
    state = "filling"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return online.backfill(ctx)
