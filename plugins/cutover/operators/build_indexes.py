"""Build what a filled table needs: indexes, constraints, statistics."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.postgres import online


class BuildIndexesOperator(CutoverOperator):
    """Drains what gathered during the backfill, builds indexes and constraints on the shadow, and analyzes it."""

    step = "build_indexes"
    state = "filling"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return online.index(ctx)
