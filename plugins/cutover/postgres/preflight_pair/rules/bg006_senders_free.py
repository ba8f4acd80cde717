"""BG006: WAL senders are free on both servers."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair, Side
from cutover.postgres.preflight_pair.rule import SideRule

NEEDED = 2


class SendersFree(SideRule):
    code = "BG006"
    title = "WAL senders are free on both servers"
    severities = ("error",)
    why = (
        f"The run needs up to {NEEDED} on the live side: one for the subscription, one for the session that makes the"
        " slot and holds its snapshot during the copy. They count against max_connections of their own."
    )
    mend = "ALTER SYSTEM SET max_wal_senders = 20; -- then restart the server"

    def check_side(self, side: Side, pair: Pair) -> Iterator[Finding]:
        server = side.server
        own = sum(slot.active and slot.name.startswith(f"cutover_{pair.limits.run_number}_") for slot in side.slots)
        free = server.senders - server.senders_used + own
        if free < NEEDED:
            message = f"{free} of {server.senders} WAL senders are free (max_wal_senders), the run needs {NEEDED}."
            fix = f"ALTER SYSTEM SET max_wal_senders = {server.senders + 5}; -- then restart the server"
            yield self.error(side.label, message, fix)
