"""BG003: blue and green are two databases."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule


class TwoDatabases(PairRule):
    code = "BG003"
    title = "Source and target are two databases"
    severities = ("error",)
    why = (
        "Two connection ids may lead to one database by different ways: through a name and an address, or through a"
        " pooler. The run would fence and copy the database into itself. Servers are told apart by their system"
        " identifier, so a standby counts as its primary."
    )
    mend = "correct the host or the database of the connection that target: names"

    def check(self, pair: Pair) -> Iterator[Finding]:
        blue, green = pair.blue.server, pair.green.server
        known = blue.system_identifier is not None and green.system_identifier is not None
        here, there = pair.blue.info, pair.green.info
        same_server = (
            blue.system_identifier == green.system_identifier
            if known
            else (here.host, here.port) == (there.host, there.port)
        )
        if same_server and not pair.green.missing and blue.database_oid == green.database_oid:
            message = f"{here.label()} and {there.label()} are one database."
            yield self.error(pair.green.label, message, f"correct the Airflow connection {there.conn_id!r}.")
