"""PF059: ``alter`` runs."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule


class AlterRuns(TableRule):
    code = "PF059"
    title = "alter: runs"
    severities = ("error",)
    why = (
        "It is tried on an empty copy of the table, in a transaction that is rolled back, by the same code that"
        " will build the shadow. The live table is only read. Foreign keys in it are tried against empty copies"
        " of the tables that they refer to."
    )
    mend = "correct the file that alter: names"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        problem = table.trial.alter_problem
        if problem:
            hint = f" {problem.hint}" if problem.hint else ""
            message = f"{table.spec.alter} fails on an empty copy (the live table was not touched): {problem}."
            yield self.error(table.label, message, f"correct {table.spec.alter}.{hint}")
