"""PF042: no prepared transaction is left open."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule, duration, mending
from cutover.postgres.preflight.sessions import held

SECONDS = 10


class PreparedTransactions(Rule):
    code = "PF042"
    title = "No prepared transaction is left open"
    severities = ("error", "warning")
    why = (
        "It holds its locks until somebody commits or rolls it back, through restarts too, and no session shows it."
        " One that holds a lock on a table of the migration blocks the run; any other that is older than"
        f" {SECONDS} s keeps vacuum from cleaning up."
    )
    mend = "ROLLBACK PREPARED 'order-4711'; -- or COMMIT PREPARED: ask the transaction manager that prepared it"

    def check(self, facts: Facts) -> Iterator[Finding]:
        for old in facts.old_transactions:
            if old.prepared is None:
                continue
            locked = held(facts, prepared=old.prepared)
            fix = mending("ROLLBACK PREPARED {g};", g=sql.Literal(old.prepared)) + " -- or COMMIT PREPARED"
            message = f"role {old.role} prepared it {duration(old.seconds)} ago and nobody has ended it."
            if locked:
                yield self.error(f"prepared transaction {old.prepared}", f"{message} It holds {locked}.", fix)
            elif old.seconds >= SECONDS:
                yield self.warning(f"prepared transaction {old.prepared}", message, fix)
