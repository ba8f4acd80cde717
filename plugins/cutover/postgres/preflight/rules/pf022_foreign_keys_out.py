"""PF022: foreign keys of the table."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule


class ForeignKeysOut(TableRule):
    code = "PF022"
    title = "Foreign keys of the table"
    severities = ("info",)
    why = (
        "The shadow has none while it follows: a table that lags a moment behind would refuse what is right. The swap"
        " creates them NOT VALID on the new table and drops them from the old one, for which the referenced table is"
        " locked as well; validation follows at once, under a lock that lets everybody read and write."
    )
    mend = "nothing to mend"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        for key in table.foreign_keys:
            if key.incoming:
                continue
            parent = f"{key.parent_schema}.{key.parent}"
            if key.to_itself:
                yield self.info(
                    f"{table.label}.{key.name}", "it refers to the table itself; it moves to the new table."
                )
            else:
                message = (
                    f"it refers to {parent}: the swap creates it NOT VALID, locks {parent} too, and it is"
                    " validated after."
                )
                yield self.info(f"{table.label}.{key.name}", message)
