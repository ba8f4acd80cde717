"""Build the new side and begin to note what changes on the live one."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.postgres import online


class BuildShadowOperator(CutoverOperator):
    """Runs the migration's ``schema.up``, creates the shadow tables and turns capture on."""

    step = "build_shadow"
    state = "building"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return online.build(ctx)
