"""PF058: ``alter`` speaks of the shadow table alone."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule


class AlterTargets(TableRule):
    code = "PF058"
    title = "alter: changes the shadow table and nothing else"
    severities = ("error",)
    why = (
        "alter: runs with the shadow's schema first on the search path, so the table's name without a schema"
        " means the shadow. A schema in front of it, another table's name, or a statement of another kind would"
        " change something that is live, with everybody waiting. It is read with PostgreSQL's own parser before"
        " anything runs."
    )
    mend = "ALTER TABLE leads ADD COLUMN preferences jsonb; -- not public.leads"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        for refusal in table.trial.refusals:
            message = f"{table.spec.alter}, line {refusal.line}: {refusal.reason}: {refusal.excerpt}"
            yield self.error(table.label, message, refusal.fix or "correct the file.")
