"""PF056: nothing unknown depends on the table."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule


class UnknownDependents(TableRule):
    code = "PF056"
    title = "Nothing of an unknown kind depends on it"
    severities = ("error",)
    why = (
        "The catalog records everything that means the table by oid. What is of no kind that the swap knows how"
        " to carry over (a rewrite rule on another table, an extension's object) would silently stay with the old"
        " table."
    )
    mend = "DROP RULE log_leads ON public.inbox; -- create it again after the swap"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        for stranger in table.strangers:
            message = (
                f"it depends on {table.label} and cannot be carried over; after the swap it would mean the old table."
            )
            yield self.error(
                stranger.object, message, f"drop it ({stranger.object}) and create it again after the swap."
            )
