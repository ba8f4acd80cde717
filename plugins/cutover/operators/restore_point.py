"""Take a run back to a rollback point."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.operators.vaults import vault_of
from cutover.postgres import last_resort


class RestorePointOperator(CutoverOperator):
    """Closes the doors, keeps what is there, puts the restored database in its place, and opens the doors.

    Idempotent: after a crash it goes on where it was; what was restored once is not restored again.

    :param point: the rollback point, from the form. That its loss is accepted the task before this one has asked.
    """

    template_fields: Sequence[str] = (*CutoverOperator.template_fields, "point")
    step = "restore_point"
    grace = 10.0
    ends = True

    def __init__(self, *, point: str = "{{ params.point }}", run_id: str = "{{ params.run }}", **kwargs: Any) -> None:
        super().__init__(run_id=run_id, fail_at=None, **kwargs)
        self.point = point

    def permitted(self, ctx: RunContext) -> Any:
        """Let it through: this is what the withdrawal of a run is for."""
        return contextlib.nullcontext()

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        result = last_resort.restore(ctx, self.point, vault_of(ctx, must=True), accept_loss=True)
        ctx.journal.set_state(ctx.run_id, "rolled_back")
        self.say(ctx, "rolled_back", **{key: result.get(key) for key in ("was_swapped", "downtime_s", "lost")})
        return result
