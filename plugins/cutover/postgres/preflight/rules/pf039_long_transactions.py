"""PF039: no transaction is open for long."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule, duration
from cutover.postgres.preflight.sessions import held, is_idle, shown


class LongTransactions(Rule):
    code = "PF039"
    title = "No transaction is open for long"
    severities = ("error", "warning")
    why = (
        "Capture begins with a lock that waits for every writer of the table, and the swap waits for every"
        " reader. While they wait, everybody queues behind them; so each gives up after a moment and tries again,"
        " and a transaction that stays open makes all attempts fail. An old snapshot also keeps vacuum from"
        " cleaning up after the backfill. One that holds a lock on a table of the migration blocks the run."
    )
    mend = "SELECT pg_terminate_backend(4711);"

    def check(self, facts: Facts) -> Iterator[Finding]:
        for old in facts.old_transactions:
            if old.prepared is not None or is_idle(old.state):
                continue  # PF042 and PF040
            locked = held(facts, pid=old.pid)
            message = (
                f"{shown(old)}, open for {duration(old.seconds)} (since {old.started}), {old.state}: {old.query!r}."
            )
            fix = f"SELECT pg_terminate_backend({old.pid});"
            if locked:
                yield self.error(f"pid {old.pid}", f"{message} It holds {locked}.", fix)
            else:
                yield self.warning(f"pid {old.pid}", message, fix)
