"""BG009: what the slot can cost on blue's disk is known."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, size
from cutover.spec.sizes import format_size


class WalOnDisk(PairRule):
    code = "BG009"
    title = "Blue's disk has room for the WAL that the slot keeps"
    severities = ("info",)
    why = (
        "From the beginning of the copy until green has caught up, blue keeps all WAL that it writes. PostgreSQL shows"
        " nobody how much room a disk has left, so the figures are given for a person to compare with the volume of"
        " pg_wal (df, or the provider's page)."
    )
    mend = "nothing to mend"

    def check(self, pair: Pair) -> Iterator[Finding]:
        wal = pair.blue.server.wal_bytes
        now = f"pg_wal holds {size(wal)} now; " if wal is not None else ""
        limit = format_size(pair.spec.replication.max_wal)
        message = f"{now}the slot may keep up to {limit} more before the run gives up. Is there room for it?"
        yield self.info(pair.blue.label, message)
