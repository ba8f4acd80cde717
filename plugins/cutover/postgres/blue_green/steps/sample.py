"""Sample: one look at how far the side that is not live is behind, and at what could go wrong meanwhile."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.postgres.blue_green import arrival, ddl_watch, guard_wal, live, series
from cutover.postgres.blue_green.names import SideName


def sample(ctx: RunContext, *, patience: float = 2.0, ddl: bool = True) -> dict[str, Any]:
    """Look once, whichever side is live, and write it into the journal.

    :param patience: seconds for which the beat is waited for.
    :param ddl: look for DDL on the live side as well, which costs some fractions of a second where it has many tables.
    :returns: the sample (see ``Lag.as_dict``), with ``max_bytes`` of WAL and ``ddl``, a list of changes.
    :raises NotBuilt: green does not follow yet.
    :raises SlotKeepsTooMuch, SlotInDanger: the live server's disk, or the run's only source, is in danger.
    """
    now = live.require(ctx)
    seen = arrival.look(ctx, now.ends, now.origin, patience=patience)
    data = series.record(ctx, seen)
    kept = guard_wal.judge(ctx, now.ends.names.flow(now.origin), seen.slot, now.origin)
    changes: list[str] = _ddl(ctx, now.ends, now.origin) if ddl else []
    return {**data, "max_bytes": kept["max_bytes"], "ddl": changes}


def _ddl(ctx: RunContext, ends: Any, origin: SideName) -> list[str]:
    with ends.open(origin, "ddl") as db:
        return ddl_watch.notice(ctx, db, origin)
