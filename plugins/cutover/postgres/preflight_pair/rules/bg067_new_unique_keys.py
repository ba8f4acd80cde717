"""BG067: unique and exclusion constraints that only green has."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.differences import new_uniques
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.identity import followed
from cutover.postgres.preflight_pair.rule import DesignRule, mending
from cutover.postgres.preflight_pair.structure import Index, Table


class NewUniqueKeys(DesignRule):
    code = "BG067"
    title = "Blue's rows pass green's new unique constraints"
    severities = ("error", "warning")
    why = (
        "Rows that are there twice keep the index from being built after the copy; one that is written on blue later"
        " stops replication. Let blue have the same index first."
    )
    mend = "CREATE UNIQUE INDEX CONCURRENTLY leads_email ON public.leads (email); -- on blue"

    def check_tables(self, old: Table, new: Table, pair: Pair) -> Iterator[Finding]:
        if not followed(old, pair):
            return
        for index in new_uniques(old, new):
            known = all(old.column(name) for name in index.columns)
            fit = pair.survival.fits.get((old.label, "unique", index.name))
            name = f"{old.label}: {index.name}"
            what = "an exclusion constraint" if index.exclusion else f"unique ({', '.join(index.columns) or '...'})"
            if fit is not None and fit.bad:
                message = f"{what} on green, and {fit.bad:,} rows of blue are there twice: the index cannot be built."
                yield self.error(name, message, "remove the duplicates from blue; then: " + _fix(old, index))
            elif known:
                unseen = f" (blue's rows: {fit.reason})" if fit is not None and fit.bad is None else ""
                message = f"{what} on green only{unseen}: a row of blue that breaks it stops replication."
                yield self.warning(name, message, _fix(old, index))
            elif not (index.primary or _fills_apart(new, index)):
                message = (
                    f"{what} on green only, over a column that blue does not have: see that what fills it is unique."
                )
                yield self.warning(
                    name, message, "let it be NULL or a sequence's value, or compute it from a key in columns:."
                )


def _fills_apart(new: Table, index: Index) -> bool:
    """Whether a column of it counts by itself."""
    columns = [new.column(name) for name in index.columns]
    return any(c and (c.identity or "nextval(" in (c.default or "") or "uuid" in (c.default or "")) for c in columns)


def _fix(old: Table, index: Index) -> str:
    if index.exclusion or index.partial or index.expressions:
        return "make the same constraint on blue first."
    own = sql.Identifier(old.relation.schema, old.relation.name)
    columns = sql.SQL(", ").join(map(sql.Identifier, index.columns))
    return mending("CREATE UNIQUE INDEX CONCURRENTLY {n} ON {t} ({c}); -- on blue", n=index.name, t=own, c=columns)
