"""PF005: partitioned tables and partitions are refused."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule, listed


class NotPartitioned(Rule):
    code = "PF005"
    title = "It is neither partitioned nor a partition"
    severities = ("error",)
    why = (
        "A partitioned table's indexes, keys and triggers are clones down a tree, its partitions come and go"
        " while a run lasts, and a partition that is written to directly fires none of its parent's statement"
        " triggers: capture on the parent would miss those writes. Half a support would lose rows, so there is"
        " none. A single partition cannot change alone either: its columns must match its parent's."
    )
    mend = "use strategy: dual_write or blue_green"

    def check(self, facts: Facts) -> Iterator[Finding]:
        for table in facts.tables:
            relation = table.relation
            if relation.kind == "p":
                message = (
                    f"it is partitioned ({len(relation.children)} partitions). Writes that go to a partition"
                    " directly fire"
                    " no statement trigger of the parent, so capture would miss them; partitioned tables are not"
                    " carried over."
                )
                yield self.error(table.label, message, "use strategy: dual_write or blue_green for this table.")
            elif relation.is_partition:
                message = f"it is a partition of {listed(relation.parents)}, whose columns it must match."
                yield self.error(
                    table.label, message, "use strategy: dual_write or blue_green for the partitioned table."
                )
