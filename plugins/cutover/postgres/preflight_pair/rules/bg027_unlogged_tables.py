"""BG027: unlogged tables."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import TableRule, mending
from cutover.postgres.preflight_pair.structure import Table


class UnloggedTables(TableRule):
    code = "BG027"
    title = "Unlogged tables may be empty on green"
    severities = ("warning",)
    why = (
        "What is not in the WAL cannot be replicated, nor published. The table is made on green, without its rows, as"
        " after a crash. It is fenced like all others."
    )
    mend = "ALTER TABLE public.cache SET LOGGED;"

    def check_table(self, table: Table, pair: Pair) -> Iterator[Finding]:
        if table.relation.persistence == "u" and table.relation.kind == "r":
            own = sql.Identifier(table.relation.schema, table.relation.name)
            fix = mending("ALTER TABLE {own} SET LOGGED; -- rewrites it", own=own)
            yield self.warning(table.label, "it is unlogged: it will be empty on green.", fix)
