"""PF040: no session idles inside a transaction."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule, duration
from cutover.postgres.preflight.sessions import held, is_idle, shown


class IdleInTransaction(Rule):
    code = "PF040"
    title = "No session idles inside a transaction"
    severities = ("error", "warning")
    why = (
        "It does nothing and keeps its locks and its snapshot: usually a client that forgot to commit, or a"
        " person in psql. The swap refuses to happen beside one that keeps a snapshot, because it would find the"
        " new table as it was before the last changes arrived."
    )
    mend = "SELECT pg_terminate_backend(4711);\nALTER ROLE app SET idle_in_transaction_session_timeout = '60s';"

    def check(self, facts: Facts) -> Iterator[Finding]:
        for old in facts.old_transactions:
            if not is_idle(old.state):
                continue
            locked = held(facts, pid=old.pid)
            message = (
                f"{shown(old)} idles in a transaction that is open for {duration(old.seconds)}; last: {old.query!r}."
            )
            fix = f"SELECT pg_terminate_backend({old.pid});"
            if locked:
                yield self.error(f"pid {old.pid}", f"{message} It holds {locked}.", fix)
            else:
                yield self.warning(f"pid {old.pid}", message, fix)
