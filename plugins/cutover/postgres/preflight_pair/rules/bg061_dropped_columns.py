"""BG061: columns that green does not have any more."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.identity import followed, sent
from cutover.postgres.preflight_pair.rule import DesignRule
from cutover.postgres.preflight_pair.structure import Column, Table


class DroppedColumns(DesignRule):
    code = "BG061"
    title = "A dropped column is not missed on the way back"
    severities = ("error", "warning", "info")
    why = (
        "Blue leaves the column out of what it publishes, so green follows without it. After the cutover rows that are"
        " written on green arrive on blue without a value for it: where the column must have one and has no default,"
        " the way back stops at the first new row. `reverse:` computes it from the rest of the row; a nullable column"
        " stays empty in new rows, and keeps its old value in others."
    )
    mend = "ALTER TABLE public.leads ALTER COLUMN legacy_flag DROP NOT NULL; -- on blue; or reverse: in the spec"

    def check_tables(self, old: Table, new: Table, pair: Pair) -> Iterator[Finding]:
        renamed = pair.survival.columns_renamed.get(old.name, {})
        if not followed(old, pair):
            return
        for column in old.columns:
            there = new.column(column.name)
            gone = (there is None and column.name not in renamed) or (there is not None and bool(there.generated))
            if gone and not column.generated:
                yield self._one(old, column, pair, computed=there is not None)

    def _one(self, old: Table, column: Column, pair: Pair, *, computed: bool) -> Finding:
        wish = pair.wish(old)
        name = f"{old.label}.{column.name}"
        what = "is generated on green, and does not travel back" if computed else "is dropped"
        if column.name in (sent(old, pair) or ()) and old.key is not None:
            message = f"it {what}, and rows of blue are known by it: no change could find its row."
            return self.error(name, message, "keep the column for the time of the run.")
        if wish is not None and column.name in wish.reverse:
            return self.info(name, f"it {what}; on the way back blue gets {wish.reverse[column.name]}.")
        if not column.fills_itself:
            message = f"it {what}, is NOT NULL on blue and has no default: the way back stops at the first new row."
            fix = f"tables: [{{name: {old.label}, reverse: {{{column.name}: <expression over green's row>}}}}]"
            return self.error(name, message, fix)
        gets = f"its default {column.default}" if column.default else "NULL"
        message = f"it {what}: on the way back new rows get {gets} on blue, others keep the value that they have."
        return self.warning(name, message, f"reverse: {{{column.name}: ...}} in the spec computes it.")
