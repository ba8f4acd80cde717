"""BG077: both databases take writes after the cutover."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule

FILTERS_SINCE = 16


class BothWays(PairRule):
    code = "BG077"
    title = "Both databases take writes after the cutover"
    severities = ("error", "warning")
    why = (
        "With replication: both_ways each database follows the other. A server before 16 cannot tell its own writes"
        " from those that it follows, and would send them back for ever. And nothing resolves conflicts: two updates"
        " of one row at the same moment end up different on both sides, without an error. Sequences are not shared, so"
        " both sides hand out the same numbers."
    )
    mend = "in migration.yaml leave out both_ways; the way back works without it"

    def check(self, pair: Pair) -> Iterator[Finding]:
        if not pair.spec.replication.both_ways:
            return
        for side in (pair.blue, pair.green):
            if side.server.major < FILTERS_SINCE:
                message = f"it is PostgreSQL {side.server.major}, which would send back what it has followed."
                yield self.error(side.label, message, self.mend)
        message = "no row may have two writers, and keys from sequences would be the same on both sides."
        fix = "give each row one writer; ALTER SEQUENCE ... INCREMENT BY 2 on both sides, starting one apart"
        yield self.warning(pair.blue.label, message, fix)
