"""PF008: rows can be told apart."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.facts import Facts, Table
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.records import Index
from cutover.postgres.preflight.rule import TableRule, listed, mending


class UsableKey(TableRule):
    code = "PF008"
    title = "It has a usable key"
    severities = ("error",)
    why = (
        "Capture notes the keys that a statement touched, backfill walks key ranges, and the row diff names rows by"
        " key. That takes a primary key, or a unique index over NOT NULL columns that is complete (not partial),"
        " on plain columns (no expression), valid, and checked at once (not deferrable)."
    )
    mend = (
        "CREATE UNIQUE INDEX CONCURRENTLY leads_key ON public.leads (id);\n"
        "ALTER TABLE public.leads ADD PRIMARY KEY USING INDEX leads_key;"
    )

    def check_table(self, table: Table, facts: Facts) -> Iterator[Finding]:
        if not table.looked_at or table.key is not None:
            return
        wanted = table.spec.key
        if wanted:
            yield self._of_wanted(table, wanted)
            return
        reasons = [f"{index.name}: {', '.join(_faults(index))}" for index in table.indexes if index.unique]
        tried = f" Looked at: {'; '.join(reasons)}." if reasons else " It has no unique index at all."
        yield self.error(table.label, f"no key tells its rows apart.{tried}", _fix(table, None))

    def _of_wanted(self, table: Table, wanted: list[str]) -> Finding:
        missing = [name for name in wanted if table.column(name) is None]
        if missing:
            there = listed(column.name for column in table.columns)
            return self.error(table.label, f"key: names {listed(missing)}, which it does not have.", f"one of: {there}")
        same = next((index for index in table.indexes if set(index.columns) == set(wanted) and index.unique), None)
        why = (
            f"index {same.name} is {', '.join(_faults(same))}" if same else "there is no unique index on these columns"
        )
        return self.error(table.label, f"key: [{', '.join(wanted)}] cannot be used: {why}.", _fix(table, wanted))


def _faults(index: Index) -> Iterator[str]:
    faults = {
        "partial": index.partial,
        "on an expression": index.expressions,
        "over columns that may be NULL": not index.not_null and not index.expressions,
        "deferrable": index.deferrable,
        "not valid": not index.valid,
    }
    return (text for text, is_so in faults.items() if is_so)


def _fix(table: Table, wanted: list[str] | None) -> str:
    """SQL that makes a key without keeping anybody out for long."""
    relation = table.relation
    columns = wanted or _likely(table)
    own = sql.Identifier(relation.schema, relation.name)
    if not columns:
        return mending(
            "ALTER TABLE {own} ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY; -- rewrites the table",
            own=own,
        )
    if table.indexes and any(index.primary for index in table.indexes):
        last = "ALTER TABLE {own} ADD CONSTRAINT {name} UNIQUE USING INDEX {name};"
    else:
        last = "ALTER TABLE {own} ADD CONSTRAINT {name} PRIMARY KEY USING INDEX {name};"
    nullable = [c for c in columns if (column := table.column(c)) and not column.not_null]
    not_null = "".join(mending(" ALTER TABLE {own} ALTER COLUMN {c} SET NOT NULL;", own=own, c=c) for c in nullable)
    name = sql.Identifier(f"{relation.name}_cutover_key"[:63])
    first = mending(
        "CREATE UNIQUE INDEX CONCURRENTLY {name} ON {own} ({columns});",
        name=name,
        own=own,
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
    )
    return f"{first}{not_null} {mending(last, own=own, name=name)}"


def _likely(table: Table) -> list[str]:
    """The columns of the best unique index there is, else a column that looks like a key."""
    for index in table.indexes:
        if index.unique and not index.expressions and not index.partial:
            return index.columns
    names = [
        column.name for column in table.columns if column.identity or column.name in ("id", f"{table.relation.name}_id")
    ]
    return names[:1]
