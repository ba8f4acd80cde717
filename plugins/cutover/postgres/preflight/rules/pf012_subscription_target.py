"""PF012: no subscription writes into the table."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, mending


class SubscriptionTarget(TableRule):
    code = "PF012"
    title = "No subscription writes into it"
    severities = ("error",)
    why = (
        "A logical replication worker fires row triggers but no statement triggers, so that what it writes would"
        " never be captured; and it holds on to the old table's oid after the swap."
    )
    mend = (
        "-- on the publisher\nALTER PUBLICATION shop DROP TABLE public.leads;\n"
        "-- here\nALTER SUBSCRIPTION from_shop REFRESH PUBLICATION;"
    )

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        relation = table.relation
        for name in relation.subscriptions:
            drop = mending("ALTER PUBLICATION ... DROP TABLE {t};", t=(relation.schema, relation.name))
            refresh = mending("ALTER SUBSCRIPTION {s} REFRESH PUBLICATION;", s=name)
            message = (
                f"subscription {name} writes into it, and its worker fires no statement trigger: capture would"
                " miss that."
            )
            yield self.error(table.label, message, f"on the publisher: {drop} then here: {refresh}")
