"""PF010: the key is indexed in its types' own order, by a collation that is as it was."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.records import Index
from cutover.postgres.preflight.rule import TableRule, mending

COLLATED = ("text", "character", "name", "citext")


class KeyOrder(TableRule):
    code = "PF010"
    title = "Key ranges can be read in order"
    severities = ("error",)
    why = (
        "Backfill reads the table in ranges of the key, in the order that its columns have by themselves; an"
        " index by another operator class or collation, or with ASC and DESC mixed, does not serve that, and each"
        " range would sort the whole table. And where the operating system's collation has changed since a text"
        " index was built, the index is in an order that no longer holds: a range read by it may skip rows."
    )
    mend = "REINDEX TABLE CONCURRENTLY public.leads;\nALTER DATABASE shop REFRESH COLLATION VERSION;"

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        key = table.key
        if key is not None and not key.default_order:
            fix = mending(
                "CREATE UNIQUE INDEX CONCURRENTLY ON {own} ({columns});",
                own=(table.relation.schema, table.relation.name),
                columns=sql.SQL(", ").join(map(sql.Identifier, key.columns)),
            )
            message = (
                f"its key {key.name} is indexed in another order than the columns' own: ranges cannot be read by it."
            )
            yield self.error(
                table.label, message, f"{fix} DROP INDEX {_name(key)}; -- or choose another key: in the spec"
            )
        yield from self._stale(table, facts)

    def _stale(self, table: Table, facts: Facts) -> Iterator[Finding]:
        if table.key is None:
            return
        for name in table.key.columns:
            column = table.column(name)
            if column is None:
                continue
            own = (table.relation.schema, table.relation.name)
            reindex = mending("REINDEX TABLE CONCURRENTLY {own};", own=own)
            if column.stale_collation:
                message = (
                    f"key column {name}: collation {column.stale_collation} has changed since the index was built."
                )
                refresh = mending("ALTER COLLATION {c} REFRESH VERSION;", c=column.stale_collation)
                yield self.error(table.label, message, f"{reindex} {refresh}")
            elif facts.database_collation_stale and column.type.startswith(COLLATED):
                message = f"key column {name}: the database's collation has changed since its indexes were built."
                refresh = mending("ALTER DATABASE {d} REFRESH COLLATION VERSION;", d=facts.server.database)
                yield self.error(table.label, message, f"{reindex} {refresh}")


def _name(key: Index) -> str:
    return mending("{i}", i=(key.schema, key.name))
