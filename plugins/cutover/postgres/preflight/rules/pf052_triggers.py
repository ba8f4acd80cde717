"""PF052: the application's triggers move with the name."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, listed


class Triggers(TableRule):
    code = "PF052"
    title = "The application's triggers"
    severities = ("info",)
    why = (
        "They are on the live table and nowhere else: the copy and the drains fire none of them, so nothing they do"
        " happens twice. The swap moves them to the new table, in the state in which they are."
    )
    mend = "nothing to mend"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        names = [t.name for t in table.triggers if t.function_schema != "cutover"]
        if names:
            yield self.info(table.label, f"triggers fire on live writes only, and move in the swap: {listed(names)}.")
