"""BG023: the tables that the spec names are there."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule


class TablesExist(PairRule):
    code = "BG023"
    title = "The tables of the spec are on blue"
    severities = ("error", "warning")
    why = (
        "Every table of the database moves, named or not; the spec names those with something special. A name that"
        " blue does not have is a misspelt one, and what it says would be left undone."
    )
    mend = "correct the name in the spec"

    def check(self, pair: Pair) -> Iterator[Finding]:
        tables = pair.blue.structure.tables
        labels = [table.label for table in tables.values()]
        for wish in pair.spec.tables:
            table = tables.get((wish.schema_name, wish.table_name))
            if table is None:
                same = [label for label in labels if label.split(".", 1)[1].lower() == wish.table_name.lower()]
                near = [*same, *difflib.get_close_matches(wish.qualified, labels, n=3, cutoff=0.7)]
                fix = f"did you mean {', '.join(dict.fromkeys(near))}?" if near else "remove it from the spec."
                yield self.error(wish.qualified, "blue has no table of that name.", fix)
            elif not (wish.columns or wish.reverse or wish.without_key):
                yield self.warning(table.label, "the spec says nothing about it.", "remove it: every table moves.")
