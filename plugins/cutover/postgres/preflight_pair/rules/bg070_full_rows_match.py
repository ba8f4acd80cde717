"""BG070: tables whose rows are known by all their columns have the same columns on both sides."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.identity import full
from cutover.postgres.preflight_pair.rule import DesignRule, listed
from cutover.postgres.preflight_pair.structure import Table


class FullRowsMatch(DesignRule):
    code = "BG070"
    title = "A table without key has the same columns on both sides"
    severities = ("error",)
    why = (
        "With REPLICA IDENTITY FULL and no key, the follower looks for a row that is the same in every column. A column"
        " that the live side does not send is taken for NULL in that search: the row is not found, and the change is"
        " lost without an error. And a server refuses UPDATE and DELETE on a table whose publication leaves a column of"
        " the identity out."
    )
    mend = (
        "ALTER TABLE public.audit_log ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY; -- on blue first"
    )

    def check_tables(self, old: Table, new: Table, pair: Pair) -> Iterator[Finding]:
        if not full(old, pair):
            return
        here = {column.name for column in old.columns if not column.generated}
        there = {column.name for column in new.columns if not column.generated}
        if here != there:
            parts = []
            if there - here:
                parts.append(f"only green has {listed(sorted(there - here))}")
            if here - there:
                parts.append(f"only blue has {listed(sorted(here - there))}")
            message = f"its rows are known by all their columns, and {', '.join(parts)}: changes would be lost."
            yield self.error(
                old.label, message, "give it a key on blue first, or keep its columns for the time of the run."
            )
