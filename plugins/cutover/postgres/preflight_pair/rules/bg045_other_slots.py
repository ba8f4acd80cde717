"""BG045: replication slots of others."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, mending, size

MUCH = 2**30


class OtherSlots(PairRule):
    code = "BG045"
    title = "Consumers of other slots know that the database moves"
    severities = ("warning", "info")
    why = (
        "Whoever reads blue's changes (Debezium, a warehouse, another subscriber) goes on reading blue, where after the"
        " cutover only replicated changes arrive, and nothing once the run is finalized. Slots do not move: the"
        " consumer needs one on green, made before the application writes there, and must not miss or repeat what lies"
        " between. A slot that nobody reads from keeps WAL on blue's disk beside the run's own."
    )
    mend = "SELECT pg_drop_replication_slot('forgotten');"

    def check(self, pair: Pair) -> Iterator[Finding]:
        for slot in pair.blue.slots:
            own = slot.name.startswith("cutover_")
            if own or slot.temporary:
                continue
            name, kept = f"slot {slot.name}", slot.kept or 0
            drop = mending("SELECT pg_drop_replication_slot({name});", name=sql.Literal(slot.name))
            if not slot.active:
                message = f"nobody reads from it, and it keeps {size(kept)} of WAL on blue."
                report = self.warning if kept >= MUCH or slot.kind == "logical" else self.info
                yield report(name, message, f"{drop} -- if its consumer is gone")
            elif slot.kind == "logical" and slot.database == pair.blue.info.dbname:
                message = (
                    f"a consumer ({slot.plugin}) reads blue's changes; it does not move to green with the database."
                )
                yield self.warning(
                    name, message, "give it a slot on green while writers are held, or let it copy anew."
                )
