"""BG008: the server does not give a slot up before the run does."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair, Side
from cutover.postgres.preflight_pair.rule import SideRule, duration
from cutover.spec.sizes import format_size


class SlotLimits(SideRule):
    code = "BG008"
    title = "The server gives no slot up before the run does"
    severities = ("warning", "info")
    why = (
        "With max_slot_wal_keep_size a server invalidates a slot that keeps more WAL than that: the run, or the way"
        " back, is lost. `replication: max_wal:` makes the run give up first, in order, so the server's limit should be"
        " the larger one. Without any server limit `max_wal` alone protects the disk, and only while the run is looked"
        " after. idle_replication_slot_timeout (18) gives up slots that nobody reads from, as while a server is down."
    )
    mend = "ALTER SYSTEM SET max_slot_wal_keep_size = '40GB'; SELECT pg_reload_conf();"

    def check_side(self, side: Side, pair: Pair) -> Iterator[Finding]:
        most, server = pair.spec.replication.max_wal, side.server
        if 0 <= server.slot_wal_mb * 2**20 < most:
            message = (
                f"max_slot_wal_keep_size is {server.slot_wal_mb} MB: the server gives the slot up before the run does"
                f" (replication: max_wal: {format_size(most)})."
            )
            fix = f"ALTER SYSTEM SET max_slot_wal_keep_size = '{2 * most // 2**20}MB'; SELECT pg_reload_conf();"
            yield self.warning(side.label, message, fix)
        elif server.slot_wal_mb < 0:
            message = (
                f"max_slot_wal_keep_size is not set: the run itself gives up before its slot keeps {format_size(most)}"
                f" (replication: max_wal:)."
            )
            yield self.info(side.label, message)
        if server.slot_idle_seconds:
            message = (
                f"idle_replication_slot_timeout is {duration(server.slot_idle_seconds)}: a slot that nobody reads from"
                " for so long is lost, and with it the run or its way back."
            )
            yield self.warning(
                side.label,
                message,
                "ALTER SYSTEM SET idle_replication_slot_timeout = 0; SELECT pg_reload_conf();",
            )
