"""PF057: PL/pgSQL functions that declare variables of the row type."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule


class PlpgsqlRowtype(TableRule):
    code = "PF057"
    title = "PL/pgSQL functions with %ROWTYPE of the table"
    severities = ("info",)
    why = (
        "A session compiles a PL/pgSQL function once. One that ran the function before the swap keeps variables"
        " of the old row's shape until it reconnects or the function is replaced; new columns are missing from"
        " them."
    )
    mend = "let the pool reconnect after the swap, or run CREATE OR REPLACE FUNCTION once more"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        for function in table.functions:
            if function.how == "rowtype":
                message = (
                    f"it declares {table.relation.name}%ROWTYPE; sessions that have run it keep the old row's shape."
                )
                fix = "after the swap run its CREATE OR REPLACE FUNCTION once more, or let clients reconnect."
                yield self.info(f"function {function.signature}", message, fix)
