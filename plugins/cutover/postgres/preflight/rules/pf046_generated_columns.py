"""PF046: generated columns are computed anew."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, listed


class GeneratedColumns(TableRule):
    code = "PF046"
    title = "Generated columns"
    severities = ("info",)
    why = (
        "They cannot be written, so the new table computes them from the copied columns. Where the expression, or a"
        " function in it, has changed since old rows were written, the new values differ, and the row diff says so."
    )
    mend = "UPDATE public.leads SET name = name WHERE ...; -- computes stale values anew"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        names = [column.name for column in table.columns if column.generated]
        if names:
            yield self.info(table.label, f"generated columns are computed by the new table itself: {listed(names)}.")
