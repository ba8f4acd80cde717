"""PF070: constraints that ``alter`` adds."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule


class NewConstraints(TableRule):
    code = "PF070"
    title = "Unique and check constraints that alter: adds"
    severities = ("info",)
    why = (
        "Rows that are there may violate them, and so may rows that are written while the run lasts, since the"
        " live table does not have them yet. A sample was tried; all rows are checked when they are copied, and a"
        " row that is refused stops the run before the swap, by its key."
    )
    mend = "SELECT email FROM public.leads GROUP BY 1 HAVING count(*) > 1; -- look first"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        for constraint in table.trial.new_constraints:
            message = (
                f"alter: adds it ({constraint.definition}); a sample of {table.trial.sampled} rows was tried, all"
                " are in the copy."
            )
            yield self.info(f"{table.label}.{constraint.name}", message)
