"""The rollback point behind closed doors."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.operators.vaults import vault_of
from cutover.postgres import stop_the_world


class SavePointOperator(CutoverOperator):
    """Takes the rollback point behind the closed doors, to which a rollback leads back without losing a row."""

    step = "save"
    state = "cutting_over"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return stop_the_world.save(ctx, vault_of(ctx, must=True))
