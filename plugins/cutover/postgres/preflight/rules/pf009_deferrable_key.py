"""PF009: a deferrable primary key is not what rows are told apart by."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import TableRule, mending


class DeferrableKey(TableRule):
    code = "PF009"
    title = "The primary key is not deferrable"
    severities = ("error", "warning")
    why = (
        "While a deferrable key's check is postponed, one transaction may hold two rows of the same key: what one"
        " key's row is cannot be said, and ON CONFLICT refuses such a key. Where another usable key exists it is"
        " used instead."
    )
    mend = (
        "ALTER TABLE public.leads DROP CONSTRAINT leads_pkey, ADD CONSTRAINT leads_pkey PRIMARY KEY (id);"
        " -- builds the index anew under an exclusive lock"
    )

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        found = next((index for index in table.indexes if index.primary and index.deferrable), None)
        if found is None or found.constraint is None:
            return
        columns = sql.SQL(", ").join(map(sql.Identifier, found.columns))
        fix = mending(
            "ALTER TABLE {own} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} PRIMARY KEY ({columns});",
            own=(table.relation.schema, table.relation.name),
            name=found.constraint,
            columns=columns,
        )
        if table.key is None:
            yield self.error(table.label, f"its primary key {found.constraint} is deferrable.", fix)
        else:
            message = f"its primary key {found.constraint} is deferrable; {table.key.name} is used as the key instead."
            yield self.warning(table.label, message, fix)
