"""BG048: no transaction keeps the run waiting."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.sessions import is_idle, shown
from cutover.postgres.preflight.surroundings import OldTransaction
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, duration


class LongTransactions(PairRule):
    code = "BG048"
    title = "No transaction is open for long on blue"
    severities = ("warning",)
    why = (
        "A slot can only be made once every transaction that is writing at that moment has ended, and each table's"
        " fence waits for those that use the table. In the cutover all clients wait for the slowest transaction; one"
        " that outlasts `cutover: max_pause:` makes it give up and try again later."
    )
    mend = "SELECT pg_terminate_backend(4711);"

    def check(self, pair: Pair) -> Iterator[Finding]:
        for found in pair.blue.old_transactions:
            if found.prepared is None:
                yield self._one(found)

    def _one(self, found: OldTransaction) -> Finding:
        idle = ", idle in it" if is_idle(found.state) else ""
        message = f"a transaction of {shown(found)} is open for {duration(found.seconds)}{idle}: {found.query or '-'}"
        fix = f"SELECT pg_terminate_backend({found.pid}); -- if nobody needs it"
        return self.warning(f"pid {found.pid}", message, fix)
