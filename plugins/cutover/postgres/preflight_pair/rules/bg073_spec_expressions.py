"""BG073: the spec's expressions can be computed where they are needed."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule


class SpecExpressions(PairRule):
    code = "BG073"
    title = "columns: and reverse: can be computed"
    severities = ("error",)
    why = (
        "`columns:` is computed over blue's row by the copy, and over the row that arrives by a trigger on green; so it"
        " may use only columns that both sides have. `reverse:` is computed by a trigger on blue over the row that"
        " comes back. Each is tried over no row on both sides, with the search path of the table's schema and public."
    )
    mend = "correct the expression in the spec"

    def check(self, pair: Pair) -> Iterator[Finding]:
        for (label, kind, column), said in pair.survival.expressions.items():
            yield self.error(f"{label}.{column}", f"{kind}: {said}.", f"{self.mend}.")
