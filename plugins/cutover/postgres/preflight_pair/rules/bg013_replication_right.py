"""BG013: the role may replicate, on both sides."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair, Side
from cutover.postgres.preflight_pair.rule import SideRule, mending


class ReplicationRight(SideRule):
    code = "BG013"
    title = "The role has REPLICATION on both servers"
    severities = ("error",)
    why = (
        "Making a slot and reading from it takes the attribute REPLICATION: on blue for the way there, on green for the"
        " way back. Attributes are not inherited by membership. Amazon RDS: GRANT rds_replication instead."
    )
    mend = 'ALTER ROLE "cutover" REPLICATION;'

    def check_side(self, side: Side, pair: Pair) -> Iterator[Finding]:
        server = side.server
        if not (server.replication or server.superuser):
            fix = mending("ALTER ROLE {role} REPLICATION;", role=server.role)
            yield self.error(side.label, f"role {server.role} has no REPLICATION: it can make no slot.", fix)
