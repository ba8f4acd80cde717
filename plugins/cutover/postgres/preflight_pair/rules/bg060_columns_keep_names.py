"""BG060: columns keep their names."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import DesignRule, mending
from cutover.postgres.preflight_pair.structure import Table


class ColumnsKeepNames(DesignRule):
    code = "BG060"
    title = "Columns keep their names"
    severities = ("error",)
    why = (
        "Values find their column by name. A renamed column would be a dropped and a new one, and the new one could not"
        " be computed from the old, which green does not have any more. Both can be there for the time of the run: the"
        " new one filled by `columns:` from the old one, on the way back the old one by `reverse:`."
    )
    mend = "ALTER TABLE public.leads ADD COLUMN mail text; -- and columns: {mail: email}, reverse: {email: mail}"

    def check_tables(self, old: Table, new: Table, pair: Pair) -> Iterator[Finding]:
        for name, now in pair.survival.columns_renamed.get(old.name, {}).items():
            column = new.column(now)
            type_ = column.type if column else "text"
            own = sql.Identifier(old.relation.schema, old.relation.name)
            add = mending("ALTER TABLE {t} ADD COLUMN {c} {type};", t=own, c=now, type=sql.SQL(type_))  # type: ignore[arg-type]
            message = f"schema: up: renames column {name} to {now}: replication stops at the table's first row."
            fix = (
                f"{add} -- instead of the rename, with columns: {{{now}: {name}}}, reverse: {{{name}: {now}}} in the"
                " spec; drop the old one once the run is finalized"
            )
            yield self.error(old.label, message, fix)
