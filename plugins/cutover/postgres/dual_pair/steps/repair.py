"""Repair: there is nothing to be mended by hand where replication carries the rows."""

from __future__ import annotations

from typing import Any, Literal

from cutover.context import RunContext
from cutover.postgres.dual_pair.errors import NothingToMend


def repair(
    ctx: RunContext, direction: Literal["forward", "back"] = "forward", table: str | None = None
) -> dict[str, Any]:
    """:raises NothingToMend: always; the other side is what replication has made of it."""
    raise NothingToMend(
        f"run {ctx.run_id!r}: replication writes the other side, so its rows are not mended one by one.",
        fix=f"python -m cutover verify {ctx.run_id} names what differs; mend the cause, roll back, and begin again.",
    )
