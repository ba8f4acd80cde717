"""BG011: there are connections left for the run, on both sides."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair, Side
from cutover.postgres.preflight_pair.rule import SideRule, mending

BESIDE_WORKERS = 6
SPARE = 3


class Connections(SideRule):
    code = "BG011"
    title = "There are connections left for the run, on both sides"
    severities = ("error", "warning")
    why = (
        f"A run has one session a side for each stream of the copy and up to {BESIDE_WORKERS} besides (the run's lock,"
        " the heartbeat, the fence, the watchdog, health, the other side's subscription). After the cutover green gets"
        " the application's sessions on top: its max_connections should be no smaller than blue's."
    )
    mend = 'ALTER ROLE "cutover" CONNECTION LIMIT 40;'

    def check_side(self, side: Side, pair: Pair) -> Iterator[Finding]:
        server = side.server
        wanted = pair.spec.backfill.workers + BESIDE_WORKERS
        limits = [
            (
                f"the server of {side.name}",
                server.connections,
                server.connections_used,
                "raise max_connections (restart), or lower backfill: workers:",
            ),
            (
                f"role {server.role} on {side.name}",
                server.role_limit,
                server.role_used,
                mending("ALTER ROLE {r} CONNECTION LIMIT -1;", r=server.role),
            ),
        ]
        if not side.missing:
            fix = mending("ALTER DATABASE {d} CONNECTION LIMIT -1;", d=server.database)
            limits.append((side.label, server.database_limit, server.database_used, fix))
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
        if side.name == "green" and server.connections < pair.blue.server.connections:
            message = (
                f"the server takes {server.connections} connections, blue's takes {pair.blue.server.connections}:"
                " after the cutover clients may be turned away."
            )
            yield self.warning("the server of green", message, "raise max_connections on green (restart).")
