"""BG026: tables whose replica identity is all their columns."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import TableRule, listed, mending, size
from cutover.postgres.preflight_pair.structure import Table


class IdentityFull(TableRule):
    code = "BG026"
    title = "REPLICA IDENTITY FULL is there for a reason"
    severities = ("error", "warning", "info")
    why = (
        "With FULL each UPDATE and DELETE writes the whole old row to the WAL, and a follower without a primary key"
        " looks for a row that is the same in every column, which reads the table through where no index helps. A"
        " follower such as Debezium may need FULL; replication to green does not where there is a key. Types that the"
        " server cannot compare (json, xml, point) make the follower stop."
    )
    mend = "ALTER TABLE public.leads REPLICA IDENTITY DEFAULT;"

    def check_table(self, table: Table, pair: Pair) -> Iterator[Finding]:
        if not table.travels or table.relation.identity != "f":
            return
        own = sql.Identifier(table.relation.schema, table.relation.name)
        dumb = [f"{column.name} ({column.type})" for column in table.columns if not column.comparable]
        usable = next((index for index in table.indexes if index.identifies), None)
        if usable is not None:
            how = "DEFAULT" if usable.primary else "USING INDEX {index}"
            fix = mending("ALTER TABLE {own} REPLICA IDENTITY " + how + ";", own=own, index=usable.name)
            message = f"REPLICA IDENTITY FULL, though {usable.name} would do: each change writes whole rows to the WAL."
            if dumb and not usable.primary:
                message = f"{message} The follower cannot compare {listed(dumb)}, and would stop."
                yield self.error(table.label, message, fix)
            else:
                yield self.info(table.label, message, fix)
        elif dumb:
            message = f"REPLICA IDENTITY FULL, and the follower cannot compare {listed(dumb)}: it would stop."
            yield self.error(table.label, message, mending("ALTER TABLE {own} ADD PRIMARY KEY (...);", own=own))
        else:
            message = (
                f"REPLICA IDENTITY FULL without a key: each UPDATE and DELETE may read the table through on the other"
                f" side ({size(table.relation.bytes_estimated)})."
            )
            yield self.warning(table.label, message, mending("ALTER TABLE {own} ADD PRIMARY KEY (...);", own=own))
