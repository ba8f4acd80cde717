"""BG065: columns that must have a value on green only."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.differences import new_not_null
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.identity import followed
from cutover.postgres.preflight_pair.rule import DesignRule, mending
from cutover.postgres.preflight_pair.structure import Table


class NewNotNull(DesignRule):
    code = "BG065"
    title = "A column that becomes NOT NULL has no NULL"
    severities = ("error", "warning")
    why = (
        "A NULL that is there stops the copy, one that the application writes on blue later stops replication. A"
        " default does not help: it is for values that are not given, and a NULL is given. Let blue demand the same"
        " first; NOT VALID keeps everybody working while it is checked."
    )
    mend = (
        "ALTER TABLE public.leads ADD CONSTRAINT email_there CHECK (email IS NOT NULL) NOT VALID;\n"
        "ALTER TABLE public.leads VALIDATE CONSTRAINT email_there; -- on blue"
    )

    def check_tables(self, old: Table, new: Table, pair: Pair) -> Iterator[Finding]:
        if not followed(old, pair):
            return
        for name in new_not_null(old, new):
            fit = pair.survival.fits.get((old.label, "not_null", name))
            own, made = sql.Identifier(old.relation.schema, old.relation.name), f"{name}_there"[:63]
            fix = mending(
                "ALTER TABLE {t} ADD CONSTRAINT {k} CHECK ({c} IS NOT NULL) NOT VALID;"
                " ALTER TABLE {t} VALIDATE CONSTRAINT {k}; -- on blue",
                t=own,
                k=made,
                c=name,
            )
            if fit is not None and fit.bad:
                update = mending("UPDATE {t} SET {c} = ... WHERE {c} IS NULL;", t=own, c=name)
                message = (
                    f"it becomes NOT NULL, and {fit.bad:,} of {fit.seen:,} rows of blue have no value: the copy stops."
                )
                yield self.error(f"{old.label}.{name}", message, f"{update} {fix}")
            else:
                message = "it becomes NOT NULL: a NULL that is written on blue during the run stops replication."
                yield self.warning(f"{old.label}.{name}", message, fix)
