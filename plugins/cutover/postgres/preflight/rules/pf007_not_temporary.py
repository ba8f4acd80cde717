"""PF007: the table's rows survive a crash and are seen by everybody."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, mending


class NotTemporary(TableRule):
    code = "PF007"
    title = "It is neither temporary nor unlogged"
    severities = ("error",)
    why = (
        "A crash empties an unlogged table, and its log of touched keys would still name rows that are gone: the two"
        " sides could no longer be told apart. A temporary table belongs to one session."
    )
    mend = "ALTER TABLE public.leads SET LOGGED;"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        relation = table.relation
        if relation.persistence == "u":
            fix = mending("ALTER TABLE {table} SET LOGGED;", table=(relation.schema, relation.name))
            message = (
                f"it is unlogged: a crash empties it. SET LOGGED rewrites {relation.name} under an exclusive lock."
            )
            yield self.error(table.label, message, fix)
        elif relation.persistence == "t":
            yield self.error(table.label, "it is a temporary table of one session.", "name a permanent table.")
