"""BG019: the role may make schemas and publications in both databases."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair, Side
from cutover.postgres.preflight_pair.rule import SideRule, mending


class CreateOnDatabases(SideRule):
    code = "BG019"
    title = "The role has CREATE on both databases"
    severities = ("error",)
    why = (
        "The run keeps its state in a schema of its own on each side (cutover_sync), publishes on the live side and"
        " subscribes on the other: each of them takes CREATE on the database. A green database that is still to be made"
        " will belong to the role."
    )
    mend = 'GRANT CREATE ON DATABASE shop TO "cutover";'

    def check_side(self, side: Side, pair: Pair) -> Iterator[Finding]:
        server = side.server
        if not (side.missing or server.creates_schemas):
            fix = mending("GRANT CREATE ON DATABASE {d} TO {r};", d=server.database, r=server.role)
            yield self.error(side.label, f"role {server.role} lacks CREATE on the database.", fix)
