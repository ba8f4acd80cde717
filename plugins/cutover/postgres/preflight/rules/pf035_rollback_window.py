"""PF035: no other run holds the table."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule


class RollbackWindow(Rule):
    code = "PF035"
    title = "No other run holds the table"
    severities = ("error",)
    why = (
        "Until a run is finalized its old table follows the new one, so that it can go back. A second run over"
        " the same table would take that way away."
    )
    mend = "python -m cutover finalize leads_v1.20260101T000000"

    def check(self, facts: Facts) -> Iterator[Finding]:
        names = {(table.relation.schema, table.relation.name) for table in facts.tables}
        for taken in facts.taken:
            if (taken.schema, taken.name) not in names or taken.run_id == facts.limits.run_id:
                continue
            if taken.live == "shadow":
                message = f"the table is in the rollback window of run {taken.run_id}."
                fix = f"finalize it first: python -m cutover finalize {taken.run_id}"
            else:
                message = f"run {taken.run_id} is at work on the table (phase {taken.phase}), or was left half-way."
                fix = f"let it end, or roll it back: python -m cutover rollback {taken.run_id}"
            yield self.error(f"{taken.schema}.{taken.name}", message, fix)
