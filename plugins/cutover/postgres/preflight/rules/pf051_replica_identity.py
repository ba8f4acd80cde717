"""PF051: the replica identity is kept."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule

WORDS = {"f": "FULL", "n": "NOTHING", "i": "USING INDEX"}


class ReplicaIdentity(TableRule):
    code = "PF051"
    title = "The replica identity"
    severities = ("info",)
    why = (
        "What logical replication sends as a changed row's old key. The new table gets the same; an index that it"
        " names is the new table's index of the same name."
    )
    mend = "nothing to mend"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        words = WORDS.get(table.relation.replica_identity)
        if words:
            index = next((index.name for index in table.indexes if index.replica_identity), "")
            yield self.info(table.label, f"REPLICA IDENTITY {words} {index}".rstrip() + " is kept.")
