"""PF016: no function's signature is made of the table's row type."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, mending

KINDS = {"f": "FUNCTION", "p": "PROCEDURE", "a": "AGGREGATE", "w": "FUNCTION"}


class RowTypeSignatures(TableRule):
    code = "PF016"
    title = "No function takes or returns its row type"
    severities = ("error",)
    why = (
        "Such a function is tied to the old table's row type for good: after the swap it would still take and"
        " return rows of the old shape, and `f(leads)` would fail to find it. Changing a signature means dropping"
        " the function, with whatever rests on it, which is a decision for its author."
    )
    mend = "DROP FUNCTION public.vip(public.leads);\n-- then create it with RETURNS TABLE (...) or with plain arguments"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        for function in table.functions:
            if function.how == "signature":
                kind = KINDS.get(function.kind, "FUNCTION")
                drop = mending(f"DROP {kind} {{f}};", f=sql.SQL(function.signature))  # type: ignore[arg-type]
                message = (
                    f"its signature uses the row type of {table.label}; after the swap it would mean the old table's."
                )
                fix = f"{drop} -- then create it anew with RETURNS TABLE (...) or plain arguments"
                yield self.error(f"function {function.signature}", message, fix)
