"""BG075: tables that are partitioned on one side only."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import DesignRule
from cutover.postgres.preflight_pair.structure import Table


class PartitionedAnew(DesignRule):
    code = "BG075"
    title = "A table that becomes partitioned keeps its rows together"
    severities = ("error", "warning")
    why = (
        "Rows of an ordinary table find their partitions on green as they arrive, and come back under the parent's"
        " name. A row that fits no partition stops the copy and replication, so there should be a default one. A table"
        " of another kind (a view, a foreign table) takes no rows."
    )
    mend = "CREATE TABLE public.events_rest PARTITION OF public.events DEFAULT; -- in schema: up:"

    def check_tables(self, old: Table, new: Table, pair: Pair) -> Iterator[Finding]:
        if new.relation.kind == "p":
            tables = pair.survival.after.tables.values()
            leaves = [table.label for table in tables if new.label in table.relation.parents]
            message = f"it is partitioned on green ({len(leaves)} partitions): a row that fits none stops replication."
            yield self.warning(old.label, message, self.mend)
        elif new.relation.kind != "r" or new.relation.persistence != "p":
            what = "a foreign table" if new.relation.kind == "f" else "unlogged"
            message = f"it is {what} on green: its rows cannot be followed there and back."
            yield self.error(old.label, message, "leave it as it is on blue.")
