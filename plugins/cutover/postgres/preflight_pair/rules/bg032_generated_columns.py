"""BG032: generated columns are computed anew."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import TableRule, listed
from cutover.postgres.preflight_pair.structure import Table


class GeneratedColumns(TableRule):
    code = "BG032"
    title = "Generated columns are computed anew"
    severities = ("info",)
    why = (
        "They do not travel: green computes them from the row, in the copy and as changes arrive. Where the expression"
        " uses a function that answers differently on the newer server, the values differ, and the row diff says so."
    )
    mend = "nothing to mend"

    def check_table(self, table: Table, pair: Pair) -> Iterator[Finding]:
        found = [column.name for column in table.columns if column.generated]
        if found and table.travels:
            yield self.info(table.label, f"computed anew on green: {listed(found)}.")
