"""PF069: new columns that existing rows leave empty."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule


class UnfilledColumns(TableRule):
    code = "PF069"
    title = "New columns that copied rows leave to their default"
    severities = ("warning", "info")
    why = (
        "A new column without an expression gets its default, or NULL, in every copied row. A volatile default (a"
        " clock, a random number) is computed per copied row, and again whenever the row is touched during the"
        " run: it says nothing about the row. A renamed column needs no expression: it is followed by itself."
    )
    mend = "columns: {preferences: \"'{}'::jsonb\"} in migration.yaml"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        for filling in table.trial.forward:
            if filling.kind != "default":
                continue
            name = f"{table.label}.{filling.column}"
            fix = f'columns: {{{filling.column}: "<expression over the old row>"}} in migration.yaml'
            if filling.default and "(" in filling.default:
                message = (
                    f"copied rows get its default {filling.default}, computed anew whenever a row is touched"
                    " during the run."
                )
                yield self.warning(name, message, fix)
            else:
                yield self.info(name, f"copied rows get {filling.default or 'NULL'} in it.")
