"""Let green follow blue."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.postgres import blue_green


class FollowOperator(CutoverOperator):
    """Subscribes green to what was written on blue since the snapshot, and from now on."""

    step = "follow"
    state = "catching_up"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return blue_green.follow(ctx)
