"""PF048: constraints that old rows may violate."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, mending


class NotValidConstraints(TableRule):
    code = "PF048"
    title = "Constraints that are NOT VALID"
    severities = ("info",)
    why = (
        "Rows from before such a constraint may violate it. The new table gets it NOT VALID too, after the copy, so"
        " that these rows can be copied. Validating it first tells whether there are any."
    )
    mend = "ALTER TABLE public.leads VALIDATE CONSTRAINT leads_amount_check;"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        own = (table.relation.schema, table.relation.name)
        keys = [(key.name, key.validated) for key in table.foreign_keys if not key.incoming]
        for name, validated in [*((c.name, c.validated) for c in table.constraints), *keys]:
            if not validated:
                fix = mending("ALTER TABLE {t} VALIDATE CONSTRAINT {c};", t=own, c=name)
                yield self.info(f"{table.label}.{name}", "it is NOT VALID and stays so on the new table.", fix)
