"""Copy what was there when the slot was made."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.postgres import blue_green


class CopyDataOperator(CutoverOperator):
    """Copies every table under the slot's snapshot, in parallel; what fails is begun again with a new snapshot."""

    step = "copy_data"
    state = "filling"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return blue_green.copy(ctx)
