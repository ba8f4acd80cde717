"""PF064: expressions give the same value for the same row, always."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule


class SteadyExpressions(TableRule):
    code = "PF064"
    title = "Expressions depend on the row alone"
    severities = ("error", "warning")
    why = (
        "A row is computed when it is copied, again whenever it is touched, and once more when it is verified. An"
        " expression that gives another value then (a clock, a random number, a look into another table) makes"
        " the row diff fail without anything being wrong, or hides what is. Each is read, the functions in it are"
        " looked up, and it is evaluated twice over up to 100 rows, in two transactions."
    )
    mend = 'columns: {created_on: "created_at::date"}, and a DEFAULT in alter: for new rows'

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        for doubt in table.trial.doubts:
            expression = doubt.expression
            name = f"{table.label}.{expression.column}"
            message = f"{expression.side}: {expression.text!r}: {doubt.reason}."
            fix = f"use only the row's own columns and IMMUTABLE functions in {expression.side}: {expression.column}."
            if doubt.certain:
                yield self.error(name, message, fix)
            else:
                yield self.warning(name, message, fix)
