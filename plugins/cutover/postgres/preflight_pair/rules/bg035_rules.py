"""BG035: tables with rewrite rules."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import TableRule, listed
from cutover.postgres.preflight_pair.structure import Table


class Rules(TableRule):
    code = "BG035"
    title = "Rewrite rules are carried, and not applied twice"
    severities = ("info",)
    why = (
        "A rule rewrites a statement before it reaches the table; changes that arrive are rows and no statements, so a"
        " rule is never applied a second time. It comes along and holds on green for what is written there."
    )
    mend = "nothing to mend"

    def check_table(self, table: Table, pair: Pair) -> Iterator[Finding]:
        if table.relation.rules:
            message = f"its rules ({listed(table.relation.rules)}) come along; they do not touch rows that follow."
            yield self.info(table.label, message)
