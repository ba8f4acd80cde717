"""The migration itself, behind closed doors."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.postgres import stop_the_world


class MigrateOperator(CutoverOperator):
    """Makes the new state at full speed, in place or in another database, while nobody else is there."""

    step = "migrate"
    state = "filling"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return stop_the_world.migrate(ctx)
