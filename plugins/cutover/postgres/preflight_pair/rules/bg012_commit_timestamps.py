"""BG012: conflicts would be counted."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair, Side
from cutover.postgres.preflight_pair.rule import SideRule

COUNTS_SINCE = 18


class CommitTimestamps(SideRule):
    code = "BG012"
    title = "The server would count conflicts"
    severities = ("info",)
    why = (
        "Only one side is live at a time, so there should be no conflicts. PostgreSQL 18 counts them all the same, and"
        " with track_commit_timestamp it also notices rows that were last changed by somebody else. A figure other than"
        " zero is worth knowing; without the setting such updates go unnoticed."
    )
    mend = "ALTER SYSTEM SET track_commit_timestamp = on; -- then restart the server"

    def check_side(self, side: Side, pair: Pair) -> Iterator[Finding]:
        if side.server.major >= COUNTS_SINCE and not side.server.commit_timestamps:
            message = "track_commit_timestamp is off: rows changed by both sides would not be noticed."
            yield self.info(side.label, message, self.mend)
