"""BG058: ``schema: up:`` changes no rows."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule


class UpSqlWritesNothing(PairRule):
    code = "BG058"
    title = "schema: up: writes no rows"
    severities = ("error",)
    why = (
        "It runs while the tables are empty: an UPDATE or DELETE there finds nothing, and rows that it inserts are not"
        " carried to green, which gets the design alone. Values of a new column belong into `columns:`. Rows of a new"
        " table belong into a function or a migration of its own that runs after the cutover, or into blue beforehand:"
        " what blue has, green gets."
    )
    mend = "move what it inserts: make the table on blue beforehand, with its rows"

    def check(self, pair: Pair) -> Iterator[Finding]:
        for label, rows in sorted(pair.survival.wrote.items()):
            count = f"{rows:,} rows" if rows < 1000 else "1,000 rows or more"
            if rows == 1:
                count = "a row"
            message = f"{pair.spec.schema_sql.up} writes {count} into it, and they would not be carried to green."
            yield self.error(label, message, f"{self.mend}.")
