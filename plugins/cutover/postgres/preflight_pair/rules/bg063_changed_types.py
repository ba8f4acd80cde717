"""BG063: values fit the column's type on the other side."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair import types
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.identity import followed
from cutover.postgres.preflight_pair.rule import DesignRule
from cutover.postgres.preflight_pair.structure import Column, Table
from cutover.postgres.preflight_pair.survival import Fit


class ChangedTypes(DesignRule):
    code = "BG063"
    title = "Values fit the column's type on the other side"
    severities = ("error", "warning", "info")
    why = (
        "Values travel as text and are read as the other side's type. A wider type takes them all; a narrower one stops"
        " replication at the first value that does not fit, and rounds others without a word. On the way back it is the"
        " other way round: what green's wider type can hold may not fit blue's. Between timestamps with and without"
        " time zone, and from those to text, the result depends on settings of the sessions; boolean to text is `t` in"
        " replication and `true` in a cast."
    )
    mend = "ALTER TABLE public.leads ALTER COLUMN code TYPE varchar(20); -- on blue first, with the rows that it has"

    def check_tables(self, old: Table, new: Table, pair: Pair) -> Iterator[Finding]:
        if not followed(old, pair):
            return
        wish = pair.wish(old)
        computed = {*wish.columns, *wish.reverse} if wish else set[str]()
        for column in old.columns:
            other = new.column(column.name)
            if other is None or other.type == column.type or column.generated or other.generated:
                continue
            if column.name in computed:
                continue
            yield from self._there(old, column, other, pair)
            yield from self._back(old, column, other)

    def _there(self, old: Table, column: Column, other: Column, pair: Pair) -> Iterator[Finding]:
        verdict = types.verdict(column.type, other.type)
        name, change = f"{old.label}.{column.name}", f"{column.type} becomes {other.type}"
        fit = pair.survival.fits.get((old.label, "type", column.name))
        rounded = pair.survival.fits.get((old.label, "rounds", column.name))
        keep = f"keep the type for the time of the run, or add another column: columns: {{...: {column.name}}}."
        if verdict == "breaks":
            yield self.error(name, f"{change}: the copy and replication would write different values.", keep)
        elif verdict == "shifts":
            message = f"{change}: what arrives depends on the time zone and style settings of both servers' sessions."
            yield self.warning(name, message, keep)
        elif fit is not None and fit.bad:
            yield self.error(name, f"{change}: {_told(fit)} not fit; replication stops at the first of them.", keep)
        elif rounded is not None and rounded.bad:
            yield self.warning(
                name, f"{change}: {_told(rounded)} not stay as they are: rounded, without an error.", keep
            )
        elif verdict in ("depends", "rounds"):
            what = "stops at the first later one that does not" if verdict == "depends" else "rounds later ones"
            seen = _seen(fit or rounded)
            yield self.warning(name, f"{change}: {seen}; replication {what}.", keep)
        else:
            yield self.info(name, f"{change}: every value fits.")

    def _back(self, old: Table, column: Column, other: Column) -> Iterator[Finding]:
        verdict = types.verdict(other.type, column.type)
        name = f"{old.label}.{column.name}"
        fix = "see that the application writes none until the run is finalized."
        if verdict == "depends":
            message = f"a value of green's {other.type} that does not fit blue's {column.type} stops the way back."
            yield self.warning(name, message, fix)
        elif verdict == "rounds":
            message = f"values of green's {other.type} are rounded to blue's {column.type} on the way back."
            yield self.warning(name, message, fix)


def _told(fit: Fit) -> str:
    if fit.reason:
        return f"rows do ({fit.reason})"
    return f"{fit.bad:,} of {fit.seen:,} rows{'' if fit.whole else ' looked at'} do"


def _seen(fit: Fit | None) -> str:
    if fit is None or fit.bad is None:
        return f"whether all values fit is not known ({fit.reason if fit else 'not looked at'})"
    return f"all {fit.seen:,} rows fit now" if fit.whole else f"the {fit.seen:,} rows looked at fit"
