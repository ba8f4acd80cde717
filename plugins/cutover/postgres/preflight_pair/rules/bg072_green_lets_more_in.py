"""BG072: green lets in what blue refuses."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.differences import new_checks, new_not_null, new_uniques
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.identity import followed
from cutover.postgres.preflight_pair.rule import DesignRule
from cutover.postgres.preflight_pair.structure import Table


class GreenLetsMoreIn(DesignRule):
    code = "BG072"
    title = "What green lets in, blue takes on the way back"
    severities = ("warning",)
    why = (
        "A constraint that green has no more still holds on blue, for rows that come back, too: the first row that only"
        " green lets in stops the way back until blue is changed. Foreign keys do not: an apply worker checks none."
    )
    mend = "ALTER TABLE public.leads ALTER COLUMN email DROP NOT NULL; -- on blue, when the way back stops at it"

    def check_tables(self, old: Table, new: Table, pair: Pair) -> Iterator[Finding]:
        if not followed(old, pair):
            return
        wish = pair.wish(old)
        back = set(wish.reverse) if wish else set()
        lost = [f"NOT NULL of {name}" for name in new_not_null(new, old) if name not in back]
        lost += [check.definition for check in new_checks(new, old) if set(check.columns) <= _names(new)]
        lost += [
            f"unique ({', '.join(index.columns)})"
            for index in new_uniques(new, old)
            if not index.primary and set(index.columns) <= _names(new)
        ]
        for what in lost:
            message = f"green has no more {what}: a row that breaks it stops the way back."
            yield self.warning(old.label, message, "drop it on blue as well, or keep it until the run is finalized.")


def _names(table: Table) -> set[str]:
    return {column.name for column in table.columns}
