"""BG076: the run's own mapping takes every table."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule


class Mapping(PairRule):
    code = "BG076"
    title = "Every table of blue has its place on green"
    severities = ("error",)
    why = (
        "The run maps blue's tables and columns to green's before it builds anything, and refuses what cannot travel or"
        " come back. Preflight asks it beforehand; what other rules have said of a table is not said again here."
    )
    mend = "as the finding says"

    def check(self, pair: Pair) -> Iterator[Finding]:
        labels = [table.label for table in pair.blue.structure.tables.values()]
        for line in pair.survival.refused:
            label = max((name for name in labels if line.startswith(f"{name}: ")), key=len, default=None)
            if label is None:
                yield self.error("the tables", line, f"{self.mend}.")
            else:
                yield self.error(label, line.removeprefix(f"{label}: "), f"{self.mend}.")
