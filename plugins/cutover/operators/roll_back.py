"""Take a run back, from any instant."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from airflow.sdk import Context

from cutover import strategies
from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.operators.vaults import vault_of
from cutover.postgres import last_resort


class RollBackOperator(CutoverOperator):
    """Gives live back to the old side when it had changed sides, removes everything the run made, and verifies.

    A last resort that was begun and not ended is ended first: called off, or finished where it had come so far.
    Idempotent: after a crash, or when two people ask for it, it goes on where it was or finds nothing left to do.

    :param accept_loss: go back even though rows written since the cutover do not fit the old side.
    :param new_side: dual_write: ``remove`` or ``keep`` the new tables.
    """

    template_fields: Sequence[str] = (*CutoverOperator.template_fields, "accept_loss", "new_side")
    step = "roll_back"
    grace = 10.0
    ends = True

    def __init__(
        self,
        *,
        accept_loss: bool | str = "{{ params.accept_loss }}",
        new_side: str = "{{ params.get('new_side', 'remove') }}",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.accept_loss = accept_loss
        self.new_side = new_side

    def permitted(self, ctx: RunContext) -> Any:
        """Let it through: this is what the withdrawal of a run is for."""
        return contextlib.nullcontext()

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        before = ctx.journal.get_run(ctx.run_id)
        last_resort.settle(ctx)
        more: dict[str, Any] = {}
        if ctx.spec.strategy == "stop_the_world":
            more["vault"] = vault_of(ctx, must=False)
        if ctx.spec.strategy == "dual_write":
            more["new_side"] = self.new_side
        result = strategies.of(ctx).roll_back(ctx, accept_loss=str(self.accept_loss).lower() == "true", **more)
        ctx.journal.set_state(ctx.run_id, "rolled_back")
        values = {key: result.get(key) for key in ("was_swapped", "pause_ms", "downtime_s", "lost")}
        if before.state != "rolled_back":
            self.say(ctx, "rolled_back", **values)
        return result
