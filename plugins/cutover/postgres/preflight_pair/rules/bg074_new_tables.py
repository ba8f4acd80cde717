"""BG074: tables that only green has."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule
from cutover.postgres.preflight_pair.structure import Table


class NewTables(PairRule):
    code = "BG074"
    title = "Rows of new tables stay on green"
    severities = ("warning", "info")
    why = (
        "A table that only green has is not followed by blue: after a rollback its rows are still on green, and nowhere"
        " else. A new partition of a table that both have is worse: rows that land in it on green do not come back."
    )
    mend = (
        "CREATE TABLE public.payment_p2027 PARTITION OF public.payment FOR VALUES FROM (...) TO (...); -- on blue, too"
    )

    def check(self, pair: Pair) -> Iterator[Finding]:
        if not pair.survival.known:
            return
        before = pair.blue.structure.tables
        renamed = set(pair.survival.renamed.values())
        labels = {table.label for table in before.values()}
        for name, table in pair.survival.after.tables.items():
            if name in before or name in renamed or table.relation.kind == "f":
                continue
            yield self._one(table, sorted(labels & set(table.relation.parents)))

    def _one(self, table: Table, parents: list[str]) -> Finding:
        if table.relation.is_partition and parents:
            message = f"it is a new partition of {parents[0]}: rows that land in it on green do not come back to blue."
            return self.warning(table.label, message, "make the same partition on blue first.")
        return self.info(table.label, "only green has it: its rows do not come back to blue.")
