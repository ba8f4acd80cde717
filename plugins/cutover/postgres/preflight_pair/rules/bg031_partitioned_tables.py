"""BG031: partitioned tables travel by their partitions."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import TableRule
from cutover.postgres.preflight_pair.structure import Table


class PartitionedTables(TableRule):
    code = "BG031"
    title = "Partitioned tables travel by their partitions"
    severities = ("info",)
    why = (
        "Each partition is published and followed by its own name, so that rows land in the partition of that name. A"
        " partition that is made on blue during the run is not followed: the run notices it before the cutover. Make"
        " the next ones beforehand."
    )
    mend = "nothing to mend"

    def check_table(self, table: Table, pair: Pair) -> Iterator[Finding]:
        if table.relation.kind == "p":
            tables = pair.blue.structure.tables.values()
            leaves = sum(table.label in other.relation.parents for other in tables)
            message = f"its {leaves} partitions are followed one by one; make no new ones during the run."
            yield self.info(table.label, message)
