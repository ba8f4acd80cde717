"""PF006: tables of an inheritance tree are refused."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, listed, mending


class NotInherited(TableRule):
    code = "PF006"
    title = "It neither inherits nor is inherited from"
    severities = ("error",)
    why = (
        "A query of the parent reads its children too, and the parent's statement triggers fire for rows of"
        " children or do not, depending on which table the statement names. A shadow would hold other rows than"
        " the table shows."
    )
    mend = "ALTER TABLE public.leads_2024 NO INHERIT public.leads;"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        relation = table.relation
        if relation.is_partition:
            return  # PF005 says why
        own = sql.Identifier(relation.schema, relation.name)
        for parent in relation.parents:
            fix = mending("ALTER TABLE {own} NO INHERIT {other};", own=own, other=sql.SQL(parent))  # type: ignore[arg-type]
            yield self.error(table.label, f"it inherits from {parent}.", fix)
        if relation.children:
            fixes = [
                mending("ALTER TABLE {other} NO INHERIT {own};", own=own, other=sql.SQL(child))  # type: ignore[arg-type]
                for child in relation.children
            ]
            yield self.error(table.label, f"{listed(relation.children)} inherit from it.", " ".join(fixes))
