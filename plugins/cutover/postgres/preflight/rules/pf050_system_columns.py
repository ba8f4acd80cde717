"""PF050: system columns have other values in the new table."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, listed

SYSTEM = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})


class SystemColumns(TableRule):
    code = "PF050"
    title = "System columns are in use"
    severities = ("warning",)
    why = (
        "A copied row has another xmin, ctid and tableoid. Who keeps them as a row's version or address"
        " (optimistic locking on xmin is common) meets a mismatch once for each row read before the swap and"
        " written after it. Only views and SQL bodies show such a use; the application's own queries do not."
    )
    mend = "use a column of one's own, such as version integer, instead of xmin"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        users = [(f"view {view.schema}.{view.name}", view.columns) for view in table.views]
        users += [(f"function {function.signature}", function.columns) for function in table.functions]
        for name, columns in users:
            used = sorted(SYSTEM & set(columns))
            if used:
                message = f"it uses {listed(used)} of {table.label}, which are other values in the new table."
                yield self.warning(name, message, "check what keeps these values beyond one transaction.")
