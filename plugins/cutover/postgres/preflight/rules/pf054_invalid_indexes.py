"""PF054: no half-built indexes."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, mending


class InvalidIndexes(TableRule):
    code = "PF054"
    title = "No half-built indexes"
    severities = ("warning",)
    why = (
        "A CREATE INDEX CONCURRENTLY that failed leaves an invalid index: no query uses it, every write pays for"
        " it. It is not copied, so the new table would lack an index that the catalog seems to show."
    )
    mend = "REINDEX INDEX CONCURRENTLY public.leads_email_idx; -- or DROP INDEX CONCURRENTLY"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        for index in table.indexes:
            if not index.valid:
                own = (index.schema, index.name)
                fix = mending("DROP INDEX CONCURRENTLY {i};", i=own) + mending(
                    " -- or REINDEX INDEX CONCURRENTLY {i};", i=own
                )
                yield self.warning(
                    f"index {index.schema}.{index.name}", f"it is invalid, so {table.label} goes on without it.", fix
                )
