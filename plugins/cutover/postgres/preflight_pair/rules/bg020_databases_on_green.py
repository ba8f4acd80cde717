"""BG020: the role may make databases on green's server."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, mending


class DatabasesOnGreen(PairRule):
    code = "BG020"
    title = "The role may make databases on green's server"
    severities = ("error",)
    why = (
        "The new schema is designed in a scratch database, where the migration's SQL runs on empty tables with all"
        " their constraints; it is kept beside green, to compare with, until the run is finalized. The green database"
        " itself is made, too, where it is not there yet."
    )
    mend = 'ALTER ROLE "cutover" CREATEDB;'

    def check(self, pair: Pair) -> Iterator[Finding]:
        server = pair.green.server
        if not (server.creates_databases or server.superuser):
            message = f"role {server.role} may not make databases (CREATEDB)."
            yield self.error("the server of green", message, mending("ALTER ROLE {role} CREATEDB;", role=server.role))
