"""Build what a filled table needs: indexes, constraints, statistics."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover import strategies
from cutover.context import RunContext
from cutover.operators.base import CutoverOperator


class BuildIndexesOperator(CutoverOperator):
    """Builds indexes and constraints on the new side, after its rows are there, and analyzes it."""

    step = "build_indexes"
    state = "filling"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return strategies.of(ctx).index(ctx)
