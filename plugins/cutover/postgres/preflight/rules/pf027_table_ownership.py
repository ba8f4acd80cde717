"""PF027: the role may do what an owner may."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, mending


class TableOwnership(TableRule):
    code = "PF027"
    title = "The role is, or is a member of, the table's owner"
    severities = ("error",)
    why = (
        "Triggers for the capture, the move to another schema and the new table's ownership all take the owner's"
        " rights; no single grant stands for them. The role needs membership that it inherits, and that lets it SET"
        " ROLE (both are what a plain GRANT of a role gives)."
    )
    mend = 'GRANT shop_owner TO "cutover";'

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        relation, role = table.relation, facts.server.role
        if relation.owned and relation.becomes_owner:
            return
        fix = mending("GRANT {owner} TO {role}", owner=relation.owner or "", role=role)
        if facts.server.major >= 16:
            fix += " WITH INHERIT TRUE, SET TRUE"
        lacks = "has not its rights" if not relation.owned else "cannot make objects in its name (SET ROLE)"
        yield self.error(table.label, f"it belongs to {relation.owner}, and role {role} {lacks}.", f"{fix};")
