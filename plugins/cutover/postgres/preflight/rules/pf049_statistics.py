"""PF049: extended statistics are copied."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, listed


class Statistics(TableRule):
    code = "PF049"
    title = "Extended statistics"
    severities = ("info",)
    why = (
        "They are copied under their own names and filled by the ANALYZE that follows the copy; plans keep their"
        " ground."
    )
    mend = "nothing to mend"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        if table.relation.statistics:
            names = listed(table.relation.statistics)
            yield self.info(table.label, f"extended statistics are copied and filled by ANALYZE: {names}.")
