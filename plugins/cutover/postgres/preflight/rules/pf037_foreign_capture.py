"""PF037: no capture triggers of a run that is unknown."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, mending


class ForeignCapture(TableRule):
    code = "PF037"
    title = "No capture triggers are left on it"
    severities = ("error",)
    why = (
        "Capture triggers without a run write keys that nobody reads, for ever, and a new run's triggers of the same"
        " names could not be created."
    )
    mend = "DROP TRIGGER cutover_capture_insert ON public.leads;"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        relation = table.relation
        if any((taken.schema, taken.name) == (relation.schema, relation.name) for taken in facts.taken):
            return  # a run's own; PF035 speaks of other runs
        left = [
            t.name for t in table.triggers if t.function_schema == "cutover" or t.name.startswith("cutover_capture_")
        ]
        if left:
            own = (relation.schema, relation.name)
            fixes = " ".join(mending("DROP TRIGGER {n} ON {t};", n=name, t=own) for name in left)
            yield self.error(table.label, f"capture triggers of an unknown run are on it: {', '.join(left)}.", fixes)
