"""Let applications write both sides."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover import strategies
from cutover.context import RunContext
from cutover.operators.base import CutoverOperator


class WriteBothOperator(CutoverOperator):
    """Moves the flag to ``dual_write_read_old`` and waits until every live instance works by it.

    An instance that does not is named, with the command by which somebody answers for it.
    """

    step = "write_both"
    state = "building"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return strategies.dual(ctx).write_both(ctx)
