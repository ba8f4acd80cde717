"""BG056: the archive for the old database is there."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule


class Archive(PairRule):
    code = "BG056"
    title = "The archive for the old database is defined"
    severities = ("error", "warning")
    why = (
        "At the end of the window the old database is dumped to S3 before its doors are closed. That is days from now,"
        " and a missing connection would be found out then. With old_database: drop nothing is kept."
    )
    mend = "define the Airflow connection cutover_s3 (type aws), or say rollback: {old_database: keep}"

    def check(self, pair: Pair) -> Iterator[Finding]:
        rules = pair.spec.rollback
        if pair.archive == "undefined":
            message = (
                f"rollback: archive: names it, and there is no such connection (old_database: {rules.old_database})."
            )
            fix = f"define the Airflow connection {rules.archive} (type aws), or say rollback: {{old_database: keep}}."
            yield self.error(f"connection {rules.archive}", message, fix)
        elif rules.old_database == "drop":
            message = "finalizing drops it, without a dump (rollback: old_database: drop)."
            yield self.warning(pair.blue.label, message, "say old_database: archive to keep a dump.")
