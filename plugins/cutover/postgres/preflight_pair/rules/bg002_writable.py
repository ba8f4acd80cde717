"""BG002: both connections lead to servers that take writes."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair, Side
from cutover.postgres.preflight_pair.rule import SideRule, mending


class Writable(SideRule):
    code = "BG002"
    title = "Both servers take writes"
    severities = ("error",)
    why = (
        "On a standby nothing can be created. `default_transaction_read_only` for this role or database makes every"
        " transaction of the run fail, and may be somebody's fence: find out whose before you lift it."
    )
    mend = "ALTER DATABASE shop RESET default_transaction_read_only;"

    def check_side(self, side: Side, pair: Pair) -> Iterator[Finding]:
        server = side.server
        if server.in_recovery:
            key = "source" if side.name == "blue" else "target"
            fix = f"point {key}: at the primary, or set target_session_attrs=read-write."
            yield self.error(side.label, "the connection leads to a standby (pg_is_in_recovery).", fix)
        elif server.read_only:
            fix = mending(
                "ALTER DATABASE {database} RESET default_transaction_read_only;"
                " ALTER ROLE {role} RESET default_transaction_read_only;"
                " ALTER ROLE {role} IN DATABASE {database} RESET default_transaction_read_only;",
                database=server.database,
                role=server.role,
            )
            yield self.error(side.label, f"default_transaction_read_only is on for role {server.role}.", fix)
