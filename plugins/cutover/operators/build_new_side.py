"""Build the new side of a change of shape, and let it follow."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover import strategies
from cutover.context import RunContext
from cutover.operators.base import CutoverOperator


class BuildNewSideOperator(CutoverOperator):
    """Runs the migration's ``schema.up`` and turns on the triggers that derive the new tables from the old ones."""

    step = "build_new_side"
    state = "building"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return strategies.dual(ctx).build(ctx)
