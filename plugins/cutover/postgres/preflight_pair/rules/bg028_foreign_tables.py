"""BG028: foreign tables and servers."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, listed


class ForeignTables(PairRule):
    code = "BG028"
    title = "Foreign tables work from green, too"
    severities = ("warning",)
    why = (
        "A foreign table is a view of somebody else's rows: it is made on green, and its rows stay where they are. From"
        " green's server the way there has to be open, and user mappings keep their passwords only where the role may"
        " read them. Writes through it are nobody's to fence."
    )
    mend = "ALTER USER MAPPING FOR shop_app SERVER crm OPTIONS (SET password '...');"

    def check(self, pair: Pair) -> Iterator[Finding]:
        servers = [thing.name for thing in pair.blue.others if thing.kind == "server"]
        foreign = [table.label for table in pair.blue.structure.tables.values() if table.relation.kind == "f"]
        for server in servers:
            tables = f"; foreign tables: {listed(foreign)}" if foreign else ""
            message = f"it is made on green with its user mappings: see that they work from there{tables}."
            yield self.warning(f"foreign server {server}", message)
