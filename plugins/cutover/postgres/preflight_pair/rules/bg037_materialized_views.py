"""BG037: materialized views."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, listed


class MaterializedViews(PairRule):
    code = "BG037"
    title = "Materialized views are filled on green"
    severities = ("info",)
    why = (
        "Their rows do not travel: they are computed on green once the tables are there, and are as old as that when"
        " green goes live. What refreshes them on blue does not reach green before the cutover."
    )
    mend = "REFRESH MATERIALIZED VIEW CONCURRENTLY public.sales_by_month;"

    def check(self, pair: Pair) -> Iterator[Finding]:
        found = [thing.name for thing in pair.blue.others if thing.kind == "matview"]
        if found:
            message = (
                f"{listed(found)}: computed on green after the copy; refresh after the cutover what must be fresh."
            )
            yield self.info(pair.blue.label, message)
