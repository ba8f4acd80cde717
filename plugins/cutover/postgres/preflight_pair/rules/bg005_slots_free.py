"""BG005: a replication slot is free on both servers."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair, Side
from cutover.postgres.preflight_pair.rule import SideRule


class SlotsFree(SideRule):
    code = "BG005"
    title = "A replication slot is free on both servers"
    severities = ("error",)
    why = (
        "The run takes one slot on the side that is live: on blue for the way there, on green for the way back. They"
        " never hold one on the same side twice, but standbys and other consumers count, too. The setting takes a"
        " restart."
    )
    mend = "ALTER SYSTEM SET max_replication_slots = 20; -- then restart the server"

    def check_side(self, side: Side, pair: Pair) -> Iterator[Finding]:
        server = side.server
        own = sum(slot.name == f"cutover_{pair.limits.run_number}_{side.name}" for slot in side.slots)
        if server.slots - server.slots_used + own < 1:
            message = f"all {server.slots} replication slots are in use (max_replication_slots)."
            idle = [slot.name for slot in side.slots if not slot.active]
            unused = f" Not in use at the moment: {', '.join(idle)}." if idle else ""
            fix = f"ALTER SYSTEM SET max_replication_slots = {server.slots + 5}; -- then restart the server"
            yield self.error(side.label, message + unused, fix)
