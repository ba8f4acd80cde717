"""PF026: no policy hides rows from the role that copies them."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, mending


class ForcedRowSecurity(TableRule):
    code = "PF026"
    title = "Row level security hides nothing from the role"
    severities = ("error", "info")
    why = (
        "A table's owner sees all of its rows, unless row level security is FORCEd; then only BYPASSRLS does. A"
        " copy made through a policy would silently lack rows, so the run reads with row_security = off, which"
        " makes that an error."
    )
    mend = 'ALTER ROLE "cutover" BYPASSRLS;'

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        relation, server = table.relation, facts.server
        hidden = relation.policies_forced or (relation.policies_on and not relation.owned)
        if hidden and not server.bypasses_policies:
            own = (relation.schema, relation.name)
            fix = mending("ALTER ROLE {r} BYPASSRLS;", r=server.role)
            if relation.policies_forced:
                fix += mending(" -- or, for the time of the run: ALTER TABLE {t} NO FORCE ROW LEVEL SECURITY;", t=own)
            yield self.error(
                table.label, f"its policies hide rows from role {server.role}, which has no BYPASSRLS.", fix
            )
        elif relation.policies:
            message = (
                f"row level security and its policies ({', '.join(relation.policies)}) are copied to the new table."
            )
            yield self.info(table.label, message)
