"""BG025: what ``without_key`` costs, or leaves behind, is known."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import TableRule, listed, size
from cutover.postgres.preflight_pair.structure import Table

READS_INDEXES_SINCE = 16
MANY_ROWS = 10_000


class WithoutKey(TableRule):
    code = "BG025"
    title = "The price of without_key is known"
    severities = ("error", "warning", "info")
    why = (
        "`without_key: full`: each UPDATE and DELETE writes the whole old row to blue's WAL, and makes the follower"
        " look for a row that is the same in every column: by any index since 16, by reading the table through before"
        " that, and for a table without index always. A statement that touches 1,000 rows reads the table 1,000 times."
        " Of rows that are the same in every column, one is changed. Types that the server cannot compare (json, xml,"
        " point) make the follower stop. `without_key: ignore`: rows are copied once, and what is written to the table"
        " after that is missing on green; the row diff leaves it out."
    )
    mend = "ALTER TABLE public.audit_log ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;"

    def check_table(self, table: Table, pair: Pair) -> Iterator[Finding]:
        wish = pair.wish(table)
        if wish is None or wish.without_key is None or not table.travels:
            return
        if wish.without_key == "full" and table.key is not None:
            message = (
                f"without_key: full is said of a table that has a key ({table.key.name}): it costs, and helps nobody."
            )
            yield self.warning(table.label, message, "remove without_key: from the spec.")
        elif wish.without_key == "ignore":
            rows = table.relation.rows_estimated
            known = f" (about {rows:,} rows now)" if rows >= 0 else ""
            message = f"its rows are copied once and not followed{known}: later changes will be missing on green."
            yield self.warning(table.label, message, "add a key, or say without_key: full, unless that is meant.")
        else:
            yield from self._full(table, pair)

    def _full(self, table: Table, pair: Pair) -> Iterator[Finding]:
        dumb = [f"{column.name} ({column.type})" for column in table.columns if not column.comparable]
        if dumb and table.findable is None:
            message = f"REPLICA IDENTITY FULL needs values that can be compared, and these cannot: {listed(dumb)}."
            yield self.error(table.label, message, "add a key, or say without_key: ignore.")
            return
        rows = table.relation.rows_estimated
        reads = (
            "reads the table through"
            if pair.green.server.major < READS_INDEXES_SINCE or not table.indexes
            else "looks for the row by an index"
        )
        message = (
            f"REPLICA IDENTITY FULL until the run is finalized: each UPDATE and DELETE writes the whole old row to the"
            f" WAL, and {reads} on the other side ({size(table.relation.bytes_estimated)})."
        )
        report = self.warning if rows < 0 or rows > MANY_ROWS else self.info
        yield report(table.label, message)
