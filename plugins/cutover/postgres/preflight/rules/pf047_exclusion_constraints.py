"""PF047: exclusion constraints are built after the copy."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, listed


class ExclusionConstraints(TableRule):
    code = "PF047"
    title = "Exclusion constraints"
    severities = ("info",)
    why = (
        "They are built over the copied rows like any index, which takes longer than a btree; from then on the shadow"
        " refuses what the live table would refuse."
    )
    mend = "nothing to mend"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        names = [constraint.name for constraint in table.constraints if constraint.kind == "x"]
        if names:
            yield self.info(table.label, f"exclusion constraints are built after the copy: {listed(names)}.")
