"""PF017: no column elsewhere has the table's row type."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, mending


class RowTypeColumns(TableRule):
    code = "PF017"
    title = "No column elsewhere has its row type"
    severities = ("error",)
    why = (
        "A column of type `leads`, or of an array of it or a domain over it, holds rows of the old table's shape. It"
        " would keep the old table from being dropped, and reading it as the new type would fail."
    )
    mend = "ALTER TABLE public.audit ALTER COLUMN before TYPE jsonb USING to_jsonb(before);"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        views = {(view.schema, view.name) for view in table.views}
        for column in table.row_type_columns:
            if (column.schema, column.relation) in views:
                continue  # a view is created anew, and its column with it
            name = f"{column.schema}.{column.relation}.{column.column}"
            if column.kind in ("r", "p"):
                fix = mending(
                    "ALTER TABLE {t} ALTER COLUMN {c} TYPE jsonb USING to_jsonb({c});",
                    t=(column.schema, column.relation),
                    c=column.column,
                )
            else:
                fix = "change that type or relation so that it no longer uses the table's row type."
            yield self.error(name, f"its type {column.type} is made of the row type of {table.label}.", fix)
