"""BG069: columns that are generated on one side only."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import DesignRule
from cutover.postgres.preflight_pair.structure import Table


class GeneratedOnOneSide(DesignRule):
    code = "BG069"
    title = "A generated column is the same on both sides"
    severities = ("info",)
    why = (
        "Generated columns do not travel. One that green computes is fine on the way there: stored ones are computed as"
        " rows arrive, and what blue had in a plain column of that name is not compared. See BG061 for the way back,"
        " and BG062 for a column that blue generates and green does not."
    )
    mend = "nothing to mend"

    def check_tables(self, old: Table, new: Table, pair: Pair) -> Iterator[Finding]:
        for column in new.columns:
            before = old.column(column.name)
            if column.generated and before is None:
                yield self.info(f"{old.label}.{column.name}", "new, and generated: computed on green as rows arrive.")
            elif column.generated and before is not None and not before.generated:
                message = f"generated on green ({column.default}): blue's own values do not travel."
                yield self.info(f"{old.label}.{column.name}", message)
