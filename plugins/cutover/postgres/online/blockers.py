"""Who stands in the way of the exchange: looked at first, so that nobody queues behind it in vain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from cutover.context import RunContext
from cutover.postgres.online import catalog, locks

LONG = 0.3


def clear_way(ctx: RunContext, db: psycopg.Connection[Any], oids: Sequence[int]) -> None:
    """Look for transactions that have used the tables for long; end them where the spec allows it.

    :raises TryAgain: naming them.
    """
    long = [row for row in locks.holders(db, oids) if row["seconds"] > LONG and not _own(row)]
    limit = ctx.spec.cutover.kill_blockers
    if limit != "never":
        doomed = [row for row in long if row["seconds"] > limit.total_seconds()]
        for row in doomed:
            ctx.log.warning("ending a blocker, as kill_blockers allows: %s", locks.named([row]))
            ctx.journal.event(ctx.run_id, "blocker ended", locks.named([row]))
            db.execute("SELECT pg_terminate_backend(%s)", (row["pid"],))
        long = [row for row in long if row not in doomed]
    if long:
        raise locks.TryAgain(f"{len(long)} transactions hold the tables for longer than {LONG} s")


def _own(row: dict[str, Any]) -> bool:
    return str(row["application"]).startswith("cutover/")


def refuse_snapshots(db: psycopg.Connection[Any]) -> None:
    """Refuse to swap under an idle transaction that holds a snapshot (REPEATABLE READ, or an open cursor).

    Should it turn to the table after the swap, it would see the new one as its old snapshot shows it, that is
    without what the last drains wrote.

    :raises TryAgain: naming it.
    """
    found = catalog.rows(db, "snapshot_holders")
    if found:
        raise locks.TryAgain(f"a transaction keeps an old snapshot: {locks.named(found)}")
