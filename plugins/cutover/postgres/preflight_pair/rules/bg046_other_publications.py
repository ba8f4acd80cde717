"""BG046: publications of others."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, mending
from cutover.postgres.preflight_pair.structure import Table


class OtherPublications(PairRule):
    code = "BG046"
    title = "Subscribers to blue's publications know that the database moves"
    severities = ("warning",)
    why = (
        "Publications are not carried to green: what reads them there has to be decided with the consumer's own move."
        " FOR ALL TABLES also publishes the run's small state tables, which a subscriber does not have; and every table"
        " in it needs a replica identity already, or its updates fail."
    )
    mend = "CREATE PUBLICATION warehouse FOR TABLE public.leads; -- on green, when its subscriber moves"

    def check(self, pair: Pair) -> Iterator[Finding]:
        for publication in pair.blue.publications:
            if publication.name.startswith("cutover_"):
                continue
            name = f"publication {publication.name}"
            message = f"it is not carried to green ({publication.tables} tables, owner {publication.owner})."
            if publication.all_tables:
                message += (
                    " It is FOR ALL TABLES: its subscribers will be sent cutover_sync.run and cutover_sync.heartbeat,"
                    " and stop if they lack them."
                )
                names = ", ".join(_quoted(table) for table in pair.blue.structure.travelling()[:3])
                fix = (
                    mending("DROP PUBLICATION {p}; CREATE PUBLICATION {p} FOR TABLE ", p=publication.name)
                    + f"{names or '...'}, ...;"
                )
                yield self.warning(name, message, fix)
            else:
                yield self.warning(name, message, "make it on green when its subscribers move.")


def _quoted(table: Table) -> str:
    return mending("{t}", t=table.name)
