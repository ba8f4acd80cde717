"""Drop a restored rollback point that nobody wants after all."""

from __future__ import annotations

import contextlib
from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.postgres import last_resort


class DiscardPointOperator(CutoverOperator):
    """Drops the database that stands beside the live one; the run is as it was before anybody looked."""

    step = "discard_point"

    def __init__(self, *, run_id: str = "{{ params.run }}", **kwargs: Any) -> None:
        super().__init__(run_id=run_id, fail_at=None, **kwargs)

    def permitted(self, ctx: RunContext) -> Any:
        """Let it through, whatever the run's state is."""
        return contextlib.nullcontext()

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return {"dropped": last_resort.discard(ctx)}
