"""BG004: both servers write WAL that can be decoded."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair, Side
from cutover.postgres.preflight_pair.rule import SideRule


class WalLevel(SideRule):
    code = "BG004"
    title = "wal_level is logical on both servers"
    severities = ("error",)
    why = (
        "Logical replication reads changes from the WAL: from blue's until the cutover, from green's after it, so that"
        " the old database is kept in step and going back loses nothing. The setting takes a restart. Amazon RDS:"
        " parameter rds.logical_replication = 1; Cloud SQL: flag cloudsql.logical_decoding; Azure: wal_level."
    )
    mend = "ALTER SYSTEM SET wal_level = 'logical'; -- then restart the server"

    def check_side(self, side: Side, pair: Pair) -> Iterator[Finding]:
        if side.server.wal_level != "logical":
            what = "nothing could follow it" if side.name == "blue" else "there would be no way back"
            yield self.error(side.label, f"wal_level is {side.server.wal_level}: {what}.", self.mend)
