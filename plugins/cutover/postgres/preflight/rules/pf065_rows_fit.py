"""PF065: a sample of rows fits the new table."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule


class RowsFit(TableRule):
    code = "PF065"
    title = "A sample of rows fits the new table"
    severities = ("error", "info")
    why = (
        "Up to 1,000 rows (from both ends of the key, and from random pages) are put into the copy. A value that"
        " is too long, a NULL where none may be, a row that a new check or unique constraint refuses would stop"
        " the backfill after hours; here it shows in a second. A sample proves nothing about the other rows: they"
        " are all checked when they are copied."
    )
    mend = "UPDATE public.leads SET code = left(code, 3) WHERE length(code) > 3; -- mend the rows, or the alter"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        misfit = table.trial.misfit
        if misfit:
            row = f"the row with {misfit.key}" if misfit.key else "a row"
            message = f"the new table refuses {row}: {misfit.problem}."
            yield self.error(table.label, message, "mend such rows in the live table, or change alter: or columns:.")
        elif table.trial.sample_skipped:
            yield self.info(table.label, f"no sample of rows was tried: {table.trial.sample_skipped}.")
