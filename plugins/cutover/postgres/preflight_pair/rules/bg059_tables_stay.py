"""BG059: blue's tables are on green under their names."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, mending
from cutover.postgres.preflight_pair.structure import Table


class TablesStay(PairRule):
    code = "BG059"
    title = "Tables keep their names"
    severities = ("error", "warning")
    why = (
        "Rows find their table by schema and name. A table that the migration renames, or moves to another schema,"
        " would stop replication at its first row; a view under the new name lets applications use it already. A table"
        " that it drops is not followed: its rows stay on blue, which keeps them as they were at the cutover."
    )
    mend = "CREATE VIEW public.customers AS SELECT * FROM public.clients; -- and rename in a migration of its own"

    def check(self, pair: Pair) -> Iterator[Finding]:
        survival = pair.survival
        if not survival.known:
            return
        for table in pair.blue.structure.tables.values():
            if table.name in survival.renamed:
                yield self._renamed(table, survival.renamed[table.name])
            elif table.name in survival.after.tables or table.relation.kind == "p":
                continue
            elif any(survival.after.labelled(parent) for parent in table.relation.parents):
                message = "schema: up: drops this partition, and its rows have nowhere to go."
                yield self.error(table.label, message, "keep the partitions, and change them after the cutover.")
            else:
                message = (
                    "schema: up: drops it: its rows are not carried, and blue keeps them as they are at the cutover."
                )
                yield self.warning(
                    table.label, message, "drop it after the run is finalized, unless nobody needs it any more."
                )

    def _renamed(self, table: Table, new: tuple[str, str]) -> Finding:
        message = f"schema: up: makes it {'.'.join(new)}: replication stops at its first row."
        view = mending("CREATE VIEW {new} AS SELECT * FROM {old};", new=new, old=table.name)
        fix = f"{view} -- instead of the rename, which can follow by itself once the run is finalized"
        return self.error(table.label, message, fix)
