"""Watch the new side while everybody is awake."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators import verdicts
from cutover.operators.base import CutoverOperator
from cutover.postgres import online


class WatchOperator(CutoverOperator):
    """Keeps the way back in step and checks health for ``watch.duration``; fails when the new side is not well."""

    step = "watch"
    state = "watching"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        checks = verdicts.read(online.watch(ctx))
        return verdicts.judge(checks, fix="the run is being taken back; see the log for rows and figures.")
