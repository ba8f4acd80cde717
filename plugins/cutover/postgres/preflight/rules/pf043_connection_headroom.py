"""PF043: there are connections left for the run."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule, mending

BESIDE_WORKERS = 4
SPARE = 3


class ConnectionHeadroom(Rule):
    code = "PF043"
    title = "There are connections left for the run"
    severities = ("error", "warning")
    why = (
        f"A run has one session for each backfill worker and up to {BESIDE_WORKERS} besides (the run's lock, the drain,"
        " health, progress). A backfill that takes the application's last connection is an outage of its own."
    )
    mend = 'ALTER ROLE "cutover" CONNECTION LIMIT 20;'

    def check(self, facts: Facts) -> Iterator[Finding]:
        server = facts.server
        wanted = facts.spec.backfill.workers + BESIDE_WORKERS
        limits = (
            ("the server", server.slots, server.slots_used, "raise max_connections, or lower backfill: workers:"),
            (
                f"role {server.role}",
                server.role_limit,
                server.role_used,
                mending("ALTER ROLE {r} CONNECTION LIMIT -1;", r=server.role),
            ),
            (
                f"database {server.database}",
                server.database_limit,
                server.database_used,
                mending("ALTER DATABASE {d} CONNECTION LIMIT -1;", d=server.database),
            ),
        )
        for name, limit, used, fix in limits:
            if limit < 0:
                continue
            # The session that asks is one of the run's own.
            left = limit - used + 1
            message = f"{left} of {limit} connections are left, the run may need {wanted}."
            if left < wanted:
                yield self.error(name, message, fix)
            elif left < wanted + SPARE:
                yield self.warning(name, message, fix)
