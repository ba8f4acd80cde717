"""PF066: a sample of rows finds its way back."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule


class WayBack(TableRule):
    code = "PF066"
    title = "A sample of rows finds its way back"
    severities = ("error",)
    why = (
        "After the swap every change is brought back to the old table, so that a rollback loses nothing. The"
        " sample that went to the new table is sent back by the same expressions; what the old table refuses"
        " could not follow."
    )
    mend = "reverse: {legacy_flag: \"status = 'ACTIVE'\"} in migration.yaml"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        found = table.trial.way_back
        if found:
            row = f"the row with {found.key}" if found.key else "a row"
            yield self.error(
                table.label, f"the old table refuses {row} on its way back: {found.problem}.", "correct reverse:."
            )
