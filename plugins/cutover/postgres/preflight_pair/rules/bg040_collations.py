"""BG040: green's server has the collations that columns of blue use."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule


class Collations(PairRule):
    code = "BG040"
    title = "Green's server has the collations that columns use"
    severities = ("error", "info")
    why = (
        "A column may sort by a collation of its own. Those of the system come from the server's operating system and"
        " ICU, so green's server may lack them: the table could not be made. Those that somebody made come along, as"
        " far as that server knows their locale."
    )
    mend = "install the locale on green's server, then: SELECT pg_import_system_collations('pg_catalog');"

    def check(self, pair: Pair) -> Iterator[Finding]:
        known = {(c.schema, c.name): c for c in pair.green.known_collations}
        for collation in pair.blue.collations:
            name = f'collation {collation.schema}."{collation.name}"'
            there = known.get((collation.schema, collation.name))
            if collation.schema == "pg_catalog" and there is None:
                message = f"columns of blue use it (locale {collation.locale}), green's server does not have it."
                yield self.error(name, message, self.mend)
            elif collation.provider == "i" and not pair.green.server.knows_icu:
                message = "columns of blue use it, and green's server is built without ICU."
                yield self.error(name, message, "use a server with ICU for green.")
            elif there is not None and there.version != collation.version:
                message = (
                    f"version {there.version} on green, {collation.version} on blue: some texts may sort differently."
                )
                yield self.info(name, message)
