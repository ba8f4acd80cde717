"""PF067: values come back as they went."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule


class LossyChanges(TableRule):
    code = "PF067"
    title = "Values come back as they went"
    severities = ("warning",)
    why = (
        "numeric(10,2) to numeric(10,1) rounds, timestamptz to date forgets the time, upper() forgets the case:"
        " no error, and no way back. A rollback before the swap loses nothing; after it, rows that were written"
        " in the window come back with the changed value. Whether that is wanted is for the one who approves."
    )
    mend = "keep the type, or accept it knowingly"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        for loss in table.trial.losses:
            before = "NULL" if loss.before is None else repr(loss.before[:80])
            after = "NULL" if loss.after is None else repr(loss.after[:80])
            message = (
                f"for {loss.key}: {before} comes back as {after}. Rows written in the window lose that on a rollback."
            )
            yield self.warning(
                f"{table.label}.{loss.column}", message, f"keep {loss.column}'s type, or correct reverse:."
            )
