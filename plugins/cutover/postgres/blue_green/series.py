"""Lag over time: each look becomes a sample in the journal, and the run's progress shows the last one."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.postgres.blue_green.lag import Lag

STEP = "lag"


def record(ctx: RunContext, seen: Lag) -> dict[str, Any]:
    """Write a look down: as a sample of the series ``lag blue -> green`` (or back), and as progress of ``lag``.

    The progress counts milliseconds: ``done`` behind, ``total`` allowed.

    :returns: the sample.
    """
    data = seen.as_dict()
    ctx.journal.sample(ctx.run_id, f"{STEP} {seen.flow}", data)
    limit = int(ctx.spec.cutover.max_lag.total_seconds() * 1000)
    note = seen.describe().removeprefix(f"{seen.flow}: ")
    ctx.journal.progress(ctx.run_id, STEP, seen.flow, round(seen.seconds * 1000), limit, note=note)
    return data
