"""Status: where a run stands, as its databases and the flag tell it."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.postgres.blue_green.steps import status as pair
from cutover.postgres.dual_write.steps.status import flag_status


def status(ctx: RunContext) -> dict[str, Any]:
    """Return what blue-green's status says, and ``flag``, ``instances``, ``shadow``."""
    return {**pair.status(ctx), **flag_status(ctx)}
