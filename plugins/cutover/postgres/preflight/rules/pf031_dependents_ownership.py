"""PF031: the role owns what the swap has to define again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, listed, mending


class DependentsOwnership(TableRule):
    code = "PF031"
    title = "The role owns what rests on the table"
    severities = ("error",)
    why = (
        "Views, materialized views, functions with SQL bodies, policies of other tables, serial sequences and the"
        " foreign keys of other tables mean the old table by oid. Only an owner can define them again over the"
        " new one."
    )
    mend = 'GRANT reporting TO "cutover";'

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        by_owner: dict[str, list[str]] = defaultdict(list)
        for owner, name in _not_owned(table):
            by_owner[owner].append(name)
        for owner, names in sorted(by_owner.items()):
            fix = mending("GRANT {owner} TO {role};", owner=owner, role=facts.server.role)
            message = (
                f"{listed(sorted(set(names)))}: must follow the swap, and {owner} owns it, not role"
                f" {facts.server.role}."
            )
            yield self.error(table.label, message, fix)


def _not_owned(table: Table) -> list[tuple[str, str]]:
    """Return (owner, name) of everything that must follow and that the role does not own."""
    kinds = {"m": "materialized view", "v": "view"}
    found = [
        *((v.owned, v.owner, f"{kinds.get(v.kind, 'view')} {v.schema}.{v.name}") for v in table.views),
        *((f.owned, f.owner, f"function {f.signature}") for f in table.functions if f.how == "body"),
        *((p.owned, p.owner, f"policy {p.name} of table {p.schema}.{p.relation}") for p in table.outside_policies),
        *((s.owned, s.owner, f"sequence {s.schema}.{s.name}") for s in table.sequences if s.owned_by),
        *(
            (key.child_owned, key.child_owner, f"foreign key {key.name} of table {key.child_schema}.{key.child}")
            for key in table.foreign_keys
            if key.incoming
        ),
    ]
    return [(owner, name) for owned, owner, name in found if not owned]
