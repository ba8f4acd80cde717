"""PF011: no rewrite rules on the table."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, listed, mending


class RewriteRules(TableRule):
    code = "PF011"
    title = "It has no rewrite rules"
    severities = ("error",)
    why = (
        "A rule changes a statement before any trigger sees it: DO INSTEAD sends writes elsewhere, and what"
        " backfill and drains write to the follower would be rewritten too."
    )
    mend = "DROP RULE leads_protect ON public.leads;"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        relation = table.relation
        if relation.rules:
            fixes = [
                mending("DROP RULE {r} ON {t};", r=rule, t=(relation.schema, relation.name)) for rule in relation.rules
            ]
            message = f"it has rewrite rules: {listed(relation.rules)}. Triggers can do what they do."
            yield self.error(table.label, message, " ".join(fixes))
