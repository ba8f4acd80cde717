"""PF068: old columns that nothing fills on the way back."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule


class KeptColumns(TableRule):
    code = "PF068"
    title = "Dropped columns without a way back"
    severities = ("warning",)
    why = (
        "A column that the new table does not have, and that reverse: does not compute, keeps its old values on"
        " the old table; a row that is inserted after the swap gets the default there, or NULL. After a rollback"
        " the application finds exactly that."
    )
    mend = "reverse: {legacy_flag: \"status = 'ACTIVE'\"} in migration.yaml"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        for filling in table.trial.reverse:
            if filling.kind == "keep":
                value = filling.default or "NULL"
                message = (
                    "it is dropped and has no reverse:; after a rollback, rows inserted in the window have"
                    f" {value} in it."
                )
                fix = f'reverse: {{{filling.column}: "<expression over the new row>"}} in migration.yaml'
                yield self.warning(f"{table.label}.{filling.column}", message, fix)
