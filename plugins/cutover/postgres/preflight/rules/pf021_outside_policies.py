"""PF021: policies of other tables that look into this one."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, listed


class OutsidePolicies(TableRule):
    code = "PF021"
    title = "Policies of other tables that look into it"
    severities = ("error", "info")
    why = (
        "A policy's expression means its tables by oid. The swap sets it again, which locks the policy's own"
        " table for the swap's duration; a policy that uses a column which goes would stop the swap."
    )
    mend = "ALTER POLICY own_orders ON public.orders USING (...); -- without the column that goes"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        there = set(table.trial.shadow_columns)
        for policy in table.outside_policies:
            name = f"policy {policy.name} on {policy.schema}.{policy.relation}"
            gone = [column for column in policy.columns if table.column(column) and there and column not in there]
            if gone:
                fix = f"set {name} (ALTER POLICY ... USING) without {listed(gone)}, or keep the column."
                yield self.error(name, f"it uses {listed(gone)}, which the new {table.label} does not have.", fix)
            else:
                message = (
                    f"it looks into {table.label}: the swap sets it again and locks {policy.schema}.{policy.relation}."
                )
                yield self.info(name, message)
