"""BG029: sessions with temporary tables."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, listed


class TemporaryTables(PairRule):
    code = "BG029"
    title = "No session depends on its temporary tables"
    severities = ("info",)
    why = (
        "A session that goes to green is a new one: its temporary tables, settings, advisory locks and LISTENs are left"
        " on blue. Behind a pooler in transaction mode nobody can depend on them anyway; a client that connects"
        " directly loses its session with the switch."
    )
    mend = "nothing to mend"

    def check(self, pair: Pair) -> Iterator[Finding]:
        found = [thing.name for thing in pair.blue.others if thing.kind == "temporary"]
        if found:
            message = (
                f"{len(found)} temporary tables are in use ({listed(found)}): they do not move with their session."
            )
            yield self.info(pair.blue.label, message)
