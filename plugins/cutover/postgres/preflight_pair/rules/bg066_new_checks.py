"""BG066: checks that only green has."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.differences import new_checks
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.identity import followed
from cutover.postgres.preflight_pair.rule import DesignRule, mending
from cutover.postgres.preflight_pair.structure import Table


class NewChecks(DesignRule):
    code = "BG066"
    title = "Blue's rows pass green's new checks"
    severities = ("error", "warning")
    why = (
        "A CHECK holds for rows that arrive, too: the first that breaks it stops replication. Let blue demand the same"
        " first; NOT VALID keeps everybody working while it is checked. A check over a column that only green has"
        " depends on how that one is filled."
    )
    mend = "ALTER TABLE public.leads ADD CONSTRAINT positive CHECK (amount > 0) NOT VALID; -- on blue"

    def check_tables(self, old: Table, new: Table, pair: Pair) -> Iterator[Finding]:
        if not followed(old, pair):
            return
        for check in new_checks(old, new):
            fit = pair.survival.fits.get((old.label, "check", check.name))
            own, name = sql.Identifier(old.relation.schema, old.relation.name), f"{old.label}: {check.name}"
            body = sql.SQL(check.definition.removesuffix(" NOT VALID"))  # type: ignore[arg-type]
            fix = mending("ALTER TABLE {t} ADD CONSTRAINT {k} {d} NOT VALID; -- on blue", t=own, k=check.name, d=body)
            if fit is not None and fit.bad:
                seen = f"{fit.bad:,} of {fit.seen:,} rows{'' if fit.whole else ' looked at'}"
                message = f"{seen} of blue break {check.definition}: the copy stops."
                yield self.error(name, message, f"correct these rows; then: {fix}")
            elif all(old.column(column) for column in check.columns):
                yield self.warning(name, f"a row of blue that breaks {check.definition} stops replication.", fix)
            else:
                message = f"{check.definition} speaks of a column that only green has: see that what fills it passes."
                yield self.warning(
                    name, message, "give the column a default that passes, or an expression in columns:."
                )
