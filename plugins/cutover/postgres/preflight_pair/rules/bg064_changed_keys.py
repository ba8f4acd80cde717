"""BG064: each side finds the rows that the other one speaks of."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.identity import followed, sent
from cutover.postgres.preflight_pair.rule import DesignRule, listed, mending
from cutover.postgres.preflight_pair.structure import Table


class ChangedKeys(DesignRule):
    code = "BG064"
    title = "Each side finds the rows that the other one speaks of"
    severities = ("error",)
    why = (
        "For an UPDATE or DELETE the live side sends its replica identity, and the follower looks for the row by its"
        " own one, or else by its primary key: every column of that must have been sent. A dropped primary key, or one"
        " over other columns, stops replication at the first change; and the same holds on the way back with the sides"
        " exchanged. A key can be changed in a migration of its own once both sides have the new columns."
    )
    mend = "ALTER TABLE public.leads ADD PRIMARY KEY (id);"

    def check_tables(self, old: Table, new: Table, pair: Pair) -> Iterator[Finding]:
        if not followed(old, pair):
            return
        if new.relation.kind == "p":
            return
        there, back = sent(old, pair), sent(new, pair)
        yield from self._finds(old, there, new, "green", "replication stops")
        yield from self._finds(old, back, old, "blue", "the way back stops")

    def _finds(self, old: Table, columns: set[str] | None, follower: Table, side: str, what: str) -> Iterator[Finding]:
        own = sql.Identifier(old.relation.schema, old.relation.name)
        live = "green" if side == "blue" else "blue"
        if columns is None:
            key = old.key.columns if old.key else []
            names = sql.SQL(", ").join(map(sql.Identifier, key)) if key else sql.SQL("...")
            fix = mending("ALTER TABLE {t} ADD PRIMARY KEY ({c}); -- in schema: up:", t=own, c=names)
            message = f"{live} has no replica identity for it: its own UPDATE and DELETE would fail, and {what}."
            yield self.error(old.label, message, fix)
            return
        index = follower.findable
        full = _all(old if live == "blue" else follower) <= columns
        if index is None and not full:
            names = sql.SQL(", ").join(map(sql.Identifier, sorted(columns)))
            fix = mending("ALTER TABLE {t} ADD PRIMARY KEY ({c}); -- in schema: up:", t=own, c=names)
            message = f"{side} has no key to find its rows by: {what} at the first UPDATE or DELETE."
            yield self.error(old.label, message, fix)
        elif index is not None and not set(index.columns) <= columns:
            missing = [name for name in index.columns if name not in columns]
            message = (
                f"{side} finds rows by {index.name} ({', '.join(index.columns)}), and {live} does not send"
                f" {listed(missing)}: {what} at the first UPDATE or DELETE."
            )
            yield self.error(old.label, message, "keep the key's columns for the time of the run.")


def _all(table: Table) -> set[str]:
    return {column.name for column in table.columns if not column.generated}
