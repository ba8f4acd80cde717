"""Watch the new side while everybody is awake."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover import strategies
from cutover.context import RunContext
from cutover.operators import verdicts
from cutover.operators.base import CutoverOperator


class WatchOperator(CutoverOperator):
    """Sees that the old side follows and checks health for ``watch.duration``; fails when the new side is not well."""

    step = "watch"
    state = "watching"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        checks = verdicts.read(strategies.of(ctx).watch(ctx))
        return verdicts.judge(checks, fix="the run is being taken back; see the log for rows and figures.")
