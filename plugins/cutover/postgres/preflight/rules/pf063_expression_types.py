"""PF063: expressions and type changes fit their columns."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule


class ExpressionTypes(TableRule):
    code = "PF063"
    title = "Expressions and type changes fit their columns"
    severities = ("error",)
    why = (
        "Each expression of columns: and reverse:, and each column whose type changes, is planned (not run) as"
        " the INSERT that will fill it. A misspelt column, an unknown function or a type that cannot be assigned"
        " shows here. A type change without an assignment cast (text to integer) takes an expression."
    )
    mend = 'columns: {amount: "amount::integer"} in migration.yaml'

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        for expression, problem in table.trial.expression_problems:
            name = f"{table.label}.{expression.column}"
            over = "the old row" if expression.side == "columns" else "the new row"
            message = f"{expression.side}: {expression.text!r} over {over} does not fit: {problem}."
            fix = f'{expression.side}: {{{expression.column}: "<expression over {over}>"}} in migration.yaml.'
            yield self.error(name, message, f"{fix} {problem.hint}" if problem.hint else fix)
