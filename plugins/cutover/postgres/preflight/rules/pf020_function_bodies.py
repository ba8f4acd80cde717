"""PF020: functions with an SQL-standard body that reads the table."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, listed


class FunctionBodies(TableRule):
    code = "PF020"
    title = "Functions whose SQL body reads the table"
    severities = ("error", "info")
    why = (
        "A body written BEGIN ATOMIC ... END means its tables by oid, like a view. The swap defines such"
        " functions again over the new table; one that uses a column which goes would stop it. Bodies in quotes"
        " are text and simply find the new table by its name."
    )
    mend = "CREATE OR REPLACE FUNCTION ... -- without the column that goes"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        there = set(table.trial.shadow_columns)
        for function in table.functions:
            if function.how != "body":
                continue
            name = f"function {function.signature}"
            plain = [column for column in function.columns if table.column(column)]
            gone = [column for column in plain if there and column not in there]
            if gone:
                fix = (
                    f"define {function.signature} without {listed(gone)} (CREATE OR REPLACE FUNCTION), or keep"
                    " the column."
                )
                yield self.error(name, f"its body uses {listed(gone)}, which the new {table.label} does not have.", fix)
            else:
                yield self.info(name, f"its body reads {table.label}; the swap defines it again over the new table.")
