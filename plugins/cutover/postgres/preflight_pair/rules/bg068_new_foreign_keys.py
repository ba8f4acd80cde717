"""BG068: foreign keys that only green has."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.differences import new_foreign_keys
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.identity import followed
from cutover.postgres.preflight_pair.rule import DesignRule, mending
from cutover.postgres.preflight_pair.structure import Table


class NewForeignKeys(DesignRule):
    code = "BG068"
    title = "Blue's rows pass green's new foreign keys"
    severities = ("error", "warning")
    why = (
        "An apply worker checks no foreign keys: orphans that blue lets in get into green without an error, and stay."
        " Those that are there keep the constraint from being made after the copy, or from being validated where it is"
        " NOT VALID. Let blue have the same key first, or look for orphans before the cutover (suite integrity)."
    )
    mend = "ALTER TABLE public.leads ADD FOREIGN KEY (owner_id) REFERENCES public.users NOT VALID; -- on blue"

    def check_tables(self, old: Table, new: Table, pair: Pair) -> Iterator[Finding]:
        if not followed(old, pair):
            return
        for key in new_foreign_keys(old, new):
            fit = pair.survival.fits.get((old.label, "foreign", key.name))
            own, name = sql.Identifier(old.relation.schema, old.relation.name), f"{old.label}: {key.name}"
            body = sql.SQL(key.definition.removesuffix(" NOT VALID"))  # type: ignore[arg-type]
            fix = mending("ALTER TABLE {t} ADD CONSTRAINT {k} {d} NOT VALID; -- on blue", t=own, k=key.name, d=body)
            if fit is not None and fit.bad:
                seen = f"{fit.bad:,} of {fit.seen:,} rows{'' if fit.whole else ' looked at'}"
                what = "they stay in green" if not key.validated else "it cannot be made after the copy"
                message = f"{seen} of blue have no parent ({key.definition}): {what}."
                report = self.error if key.validated else self.warning
                yield report(name, message, f"correct these rows; then: {fix}")
            else:
                message = f"{key.definition} is green's only: orphans that are written on blue get in without an error."
                yield self.warning(name, message, fix)
