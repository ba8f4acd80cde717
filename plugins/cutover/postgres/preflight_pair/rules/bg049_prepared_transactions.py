"""BG049: no prepared transaction is left open."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, duration, mending


class PreparedTransactions(PairRule):
    code = "BG049"
    title = "No prepared transaction is open on blue"
    severities = ("error",)
    why = (
        "A transaction that was prepared and never decided holds its locks for ever, through restarts: the slot could"
        " never be made, and the fence never raised. Those of a transaction manager at work end within seconds."
    )
    mend = "ROLLBACK PREPARED 'order-4711';"

    def check(self, pair: Pair) -> Iterator[Finding]:
        for found in pair.blue.old_transactions:
            if found.prepared is not None:
                fix = mending("ROLLBACK PREPARED {gid}; -- or COMMIT PREPARED", gid=sql.Literal(found.prepared))
                message = f"it was prepared by {found.role} {duration(found.seconds)} ago, and is still open."
                yield self.error(f"prepared transaction {found.prepared}", message, fix)
