"""Build the new database, empty, and let the live one keep what is written from now on."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.postgres import blue_green


class BuildGreenOperator(CutoverOperator):
    """Designs green from blue's schema and the migration's SQL, builds it without indexes, and fences it."""

    step = "build_green"
    state = "building"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return blue_green.build(ctx)
