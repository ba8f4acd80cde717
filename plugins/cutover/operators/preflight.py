"""Look for everything that would stop or hurt the run, before anything is touched."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover import strategies
from cutover.context import RunContext
from cutover.operators.base import CutoverOperator


class PreflightOperator(CutoverOperator):
    """Logs every finding with the object's name and the mending SQL; any error among them ends the run."""

    step = "preflight"
    state = "preparing"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        return {"findings": [finding.as_dict() for finding in strategies.of(ctx).preflight(ctx)]}
