"""PF024: sequences that feed the table and something else."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, listed


class SharedSequences(TableRule):
    code = "PF024"
    title = "Its sequences feed nothing else"
    severities = ("error", "info")
    why = (
        "An identity column's sequence cannot leave its column, so the new table has a sequence of its own that"
        " goes on where the old one stands. Whatever else draws from the old one (a default, a view) means it by"
        " oid and would hand out the same numbers again. A serial's sequence is a free object: it changes its"
        " owner and stays."
    )
    mend = "ALTER TABLE public.drafts ALTER COLUMN id SET DEFAULT nextval('public.drafts_id_seq');"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        for sequence in table.sequences:
            if not sequence.others:
                continue
            name = f"sequence {sequence.schema}.{sequence.name}"
            used = listed(sequence.others)
            if sequence.identity:
                fix = f"give each its own sequence (CREATE SEQUENCE, ALTER ... SET DEFAULT nextval(...)): {used}"
                message = (
                    f"it belongs to identity column {table.label}.{sequence.column}, and {used} draws from it too."
                )
                yield self.error(name, message, fix)
            else:
                message = f"it feeds {table.label}.{sequence.column} and also {used}; it stays one sequence for both."
                yield self.info(name, message)
