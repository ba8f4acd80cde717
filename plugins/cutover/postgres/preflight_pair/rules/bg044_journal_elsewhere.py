"""BG044: the journal lives in neither database."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair, Side
from cutover.postgres.preflight_pair.rule import SideRule


class JournalElsewhere(SideRule):
    code = "BG044"
    title = "The journal lives in neither database"
    severities = ("error",)
    why = (
        "The whole database moves, and its tables are fenced: a journal in it could not be written in the very moment"
        " that it is needed most, and would be in two places afterwards. It belongs into a database that no migration"
        " touches, such as one beside Airflow's metadata."
    )
    mend = "let the connection cutover_journal lead to another database; then: DROP SCHEMA cutover_journal CASCADE;"

    def check_side(self, side: Side, pair: Pair) -> Iterator[Finding]:
        if side.server.holds_journal and not side.missing:
            yield self.error(side.label, "the schema cutover_journal is in this database.", self.mend)
