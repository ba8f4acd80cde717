"""BG057: ``schema: up:`` runs on blue's schema, on green's server."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule


class UpSqlRuns(PairRule):
    code = "BG057"
    title = "Blue's schema can be built on green's server, and schema: up: runs on it"
    severities = ("error", "warning")
    why = (
        "Blue's schema is restored into a scratch database on green's server, empty, and `schema: up:` is run there,"
        " with the search path `public`, in one transaction; then the scratch database is dropped. What fails here"
        " would fail in the run. Without this trial nothing is known about what the migration's SQL means for"
        " replication."
    )
    mend = "correct the file that schema: up: names"

    def check(self, pair: Pair) -> Iterator[Finding]:
        survival, path = pair.survival, pair.spec.schema_sql.up
        if survival.problem is not None:
            where = f"line {survival.line}: " if survival.line else ""
            yield self.error(str(path), f"it fails: {where}{survival.problem}.", "correct the file.")
        elif survival.failed:
            message = f"blue's schema could not be built on green's server: {survival.reason}."
            yield self.error(pair.green.label, message, "mend what the server says, then ask again.")
        elif survival.reason is not None:
            message = f"the migration's SQL was not tried: {survival.reason}."
            yield self.warning(pair.green.label, message, "mend the errors above, then ask again.")
