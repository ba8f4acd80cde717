"""PF034: the role may use the table's types and tablespaces."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, mending


class TypesAndTablespaces(TableRule):
    code = "PF034"
    title = "The role may use its types and tablespaces"
    severities = ("error",)
    why = (
        "The shadow has the same column types and lies in the same tablespaces, and its owner must be allowed to"
        " use both."
    )
    mend = 'GRANT USAGE ON TYPE public.status TO "cutover";\nGRANT CREATE ON TABLESPACE fast TO "cutover";'

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        role = facts.server.role
        for column in table.columns:
            if not column.type_usable:
                name = column.type.removesuffix("[]").split("(")[0]
                fix = mending("GRANT USAGE ON TYPE {t} TO {r};", t=sql.SQL(name), r=role)  # type: ignore[arg-type]
                yield self.error(
                    f"type {column.type}", f"column {table.label}.{column.name} uses it, role {role} may not.", fix
                )
        relation = table.relation
        spaces = {} if relation.tablespace_usable else {relation.tablespace: table.label}
        spaces.update({i.tablespace: f"{i.schema}.{i.name}" for i in table.indexes if not i.tablespace_usable})
        for space, user in spaces.items():
            if space is not None:
                fix = mending("GRANT CREATE ON TABLESPACE {s} TO {r};", s=space, r=role)
                yield self.error(
                    f"tablespace {space}", f"{user} lies in it, and role {role} may not create there.", fix
                )
