"""BG024: replication can tell which row was changed."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import TableRule, mending
from cutover.postgres.preflight_pair.structure import Index, Table


class RowsToldApart(TableRule):
    code = "BG024"
    title = "Every table has a replica identity"
    severities = ("error",)
    why = (
        "For an UPDATE or DELETE the server sends the follower the row's replica identity: the primary key, or the"
        " unique index that the table names (complete, on plain NOT NULL columns, checked at once). A table without one"
        " that is published refuses the application's own UPDATE and DELETE, on the live side, from that moment on. So"
        " it gets a key, or the spec decides: `without_key: full` has the whole old row sent (REPLICA IDENTITY FULL for"
        " the time of the run, see BG025 for the price), `without_key: ignore` leaves its rows unfollowed."
    )
    mend = "ALTER TABLE public.country REPLICA IDENTITY DEFAULT;"

    def check_table(self, table: Table, pair: Pair) -> Iterator[Finding]:
        if not table.travels or table.relation.identity == "f" or table.key is not None:
            return
        wish = pair.wish(table)
        if wish is not None and wish.without_key:
            return
        yield self.error(table.label, _why(table), _fix(table))


def _why(table: Table) -> str:
    identity, primary = table.relation.identity, table.primary
    if identity == "n":
        return "REPLICA IDENTITY NOTHING: no follower can tell which row was changed."
    if identity == "i":
        return "REPLICA IDENTITY USING INDEX names an index that is gone, or not valid."
    if primary is not None and not primary.immediate:
        return f"its primary key {primary.name} is DEFERRABLE: replication cannot use it."
    unusable = [index.name for index in table.indexes if index.unique and not index.identifies]
    more = f" ({', '.join(unusable)}: partial, deferrable, on an expression, or over columns that may be NULL)"
    return f"no primary key{more if unusable else ''}: no follower can tell which row was changed."


def _fix(table: Table) -> str:
    own = sql.Identifier(table.relation.schema, table.relation.name)
    usable: Index | None = next((index for index in table.indexes if index.identifies), None)
    if usable is not None and usable.primary:
        first = mending("ALTER TABLE {own} REPLICA IDENTITY DEFAULT;", own=own)
    elif usable is not None:
        first = mending("ALTER TABLE {own} REPLICA IDENTITY USING INDEX {index};", own=own, index=usable.name)
    else:
        columns = next((index.columns for index in table.indexes if index.unique and index.columns), None)
        names = sql.SQL(", ").join(map(sql.Identifier, columns)) if columns else sql.SQL("...")
        first = mending("ALTER TABLE {own} ADD PRIMARY KEY ({columns});", own=own, columns=names)
    return f"{first} -- or decide in the spec: tables: [{{name: {table.label}, without_key: full}}]"
