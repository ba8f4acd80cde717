"""PF032: the role may refer to, and lock, the tables that foreign keys refer to."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, mending


class ReferencesPrivilege(TableRule):
    code = "PF032"
    title = "The role may refer to the referenced tables"
    severities = ("error",)
    why = (
        "The swap creates the new table's foreign keys, which takes REFERENCES on the tables that they refer to,"
        " and locks these tables before it begins, so that it cannot be caught in a deadlock half-way. LOCK TABLE"
        " asks for UPDATE, DELETE or TRUNCATE; the owner's membership gives all of it."
    )
    mend = 'GRANT REFERENCES, UPDATE ON public.accounts TO "cutover";'

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        wanted = {
            (key.parent_schema, key.parent): key.parent_referable and key.parent_lockable
            for key in table.foreign_keys
            if not key.incoming and not key.to_itself
        }
        wanted.update({(parent.schema, parent.name): parent.referable for parent in table.trial.new_parents})
        for (schema, name), allowed in wanted.items():
            if not allowed:
                fix = mending("GRANT REFERENCES, UPDATE ON {t} TO {r};", t=(schema, name), r=facts.server.role)
                message = (
                    f"a foreign key of {table.label} refers to it, and role {facts.server.role} may not refer to"
                    " or lock it."
                )
                yield self.error(f"{schema}.{name}", message, fix)
