"""PF045: the table belongs to no extension."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, mending


class ExtensionMember(TableRule):
    code = "PF045"
    title = "It belongs to no extension"
    severities = ("error",)
    why = (
        "The extension owns its tables: its next update expects the table that it made, and pg_dump leaves the"
        " extension's tables out."
    )
    mend = "ALTER EXTENSION shop DROP TABLE public.leads;"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        if table.relation.extension:
            own = sql.Identifier(table.relation.schema, table.relation.name)
            fix = mending("ALTER EXTENSION {e} DROP TABLE {t};", e=table.relation.extension, t=own)
            yield self.error(table.label, f"it belongs to extension {table.relation.extension}.", fix)
