"""The rollback point before a run begins."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.operators.vaults import vault_of
from cutover.postgres import last_resort


class BackUpOperator(CutoverOperator):
    """Takes a rollback point while everybody works, and proves it by a restore; its times go into the plan.

    Where neither the strategy nor the migration (``backup: take: true``) asks for one, it says so and goes on.
    """

    step = "back_up"
    state = "preparing"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        wanted = ctx.spec.backup.take or ctx.spec.strategy == "stop_the_world"
        return last_resort.back_up(ctx, vault_of(ctx, must=True) if wanted else None)

    def told(self, ctx: RunContext, result: dict[str, Any]) -> None:
        if "point" in result:
            self.say(ctx, "backed_up", **{key: result.get(key) for key in ("bytes", "rows", "restore_seconds")})
