"""PF003: the connection leads to a server that takes writes."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule, mending


class ServerWritable(Rule):
    code = "PF003"
    title = "The server takes writes"
    severities = ("error",)
    why = (
        "On a standby nothing can be created. `default_transaction_read_only` for this role or database makes every"
        " transaction of the run fail, and may be somebody's fence: find out whose before you lift it."
    )
    mend = "ALTER DATABASE shop RESET default_transaction_read_only;"

    def check(self, facts: Facts) -> Iterator[Finding]:
        server = facts.server
        name = f"database {server.database}"
        if server.in_recovery:
            message = "the connection leads to a standby (pg_is_in_recovery)."
            yield self.error(name, message, "point source: at the primary, or set target_session_attrs=read-write.")
        elif server.read_only:
            fix = mending(
                "ALTER DATABASE {database} RESET default_transaction_read_only;"
                " ALTER ROLE {role} RESET default_transaction_read_only;"
                " ALTER ROLE {role} IN DATABASE {database} RESET default_transaction_read_only;",
                database=sql.Identifier(server.database),
                role=server.role,
            )
            yield self.error(name, f"default_transaction_read_only is on for role {server.role}.", fix)
