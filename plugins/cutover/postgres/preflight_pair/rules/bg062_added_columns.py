"""BG062: columns that blue does not have."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.identity import followed
from cutover.postgres.preflight_pair.rule import DesignRule, mending
from cutover.postgres.preflight_pair.structure import Column, Table

# What gives another answer for each row, or each time.
LIVELY = ("nextval(", "now()", "CURRENT_TIMESTAMP", "random()", "gen_random_uuid()", "clock_timestamp()", "uuidv")


class AddedColumns(DesignRule):
    code = "BG062"
    title = "A new column has a value in every row that follows"
    severities = ("error", "info")
    why = (
        "Rows arrive from blue without it. A default fills it (one such as now() or nextval() is evaluated on green,"
        " for each row as it arrives); `columns:` computes it from the row, in the copy and in every row that follows,"
        " also when a row is updated. A column that must have a value and gets none stops the copy and replication."
        " What is written into it on green stays there: blue has no place for it."
    )
    mend = "ALTER TABLE public.leads ADD COLUMN score integer NOT NULL DEFAULT 0;"

    def check_tables(self, old: Table, new: Table, pair: Pair) -> Iterator[Finding]:
        renamed = set(pair.survival.columns_renamed.get(old.name, {}).values())
        if not followed(old, pair):
            return
        for column in new.columns:
            before = old.column(column.name)
            added = (before is None and column.name not in renamed) or (before is not None and bool(before.generated))
            if added and not column.generated:
                yield self._one(old, column, pair)

    def _one(self, old: Table, column: Column, pair: Pair) -> Finding:
        wish = pair.wish(old)
        name = f"{old.label}.{column.name}"
        if wish is not None and column.name in wish.columns:
            return self.info(
                name, f"new; computed as {wish.columns[column.name]}; what green writes there stays there."
            )
        if not column.fills_itself:
            own = sql.Identifier(old.relation.schema, old.relation.name)
            fix = mending("ALTER TABLE {t} ALTER COLUMN {c} SET DEFAULT ...;", t=own, c=column.name)
            message = "new, NOT NULL, and without a default: the copy and replication stop at the first row."
            return self.error(name, message, f"{fix} -- in schema: up:, or columns: {{{column.name}: ...}} in the spec")
        if column.identity or any(word in (column.default or "") for word in LIVELY):
            how = "an identity" if column.identity else column.default
            message = f"new; {how} is evaluated on green for each row as it arrives; blue never gets these values."
            return self.info(name, message)
        gets = f"its default {column.default}" if column.default else "NULL"
        return self.info(name, f"new; rows that come from blue get {gets}; what green writes there stays there.")
