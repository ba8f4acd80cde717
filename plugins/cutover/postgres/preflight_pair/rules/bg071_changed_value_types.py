"""BG071: enums and domains let blue's values in."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, listed


class ChangedValueTypes(PairRule):
    code = "BG071"
    title = "Enums and domains let the other side's values in"
    severities = ("error", "warning")
    why = (
        "A value of an enum that the other side does not have stops replication: on the way there one that was removed"
        " or renamed, on the way back one that was added and is used. A domain that demands more on one side does the"
        " same with the first value that breaks it."
    )
    mend = "ALTER TYPE public.status ADD VALUE 'ARCHIVED'; -- on blue first"

    def check(self, pair: Pair) -> Iterator[Finding]:
        if not pair.survival.known:
            return
        before, after = pair.blue.structure, pair.survival.after
        for name, enum in before.enums.items():
            new = after.enums.get(name)
            if new is None:
                continue  # the columns' types say it
            gone = [label for label in enum.labels if label not in new.labels]
            added = [label for label in new.labels if label not in enum.labels]
            if gone:
                message = f"green lacks {listed(gone)}: replication stops at the first row that has it."
                yield self.error(f"type {name}", message, "keep the value for the time of the run.")
            if added:
                message = f"blue lacks {listed(added)}: the way back stops at the first row that has it."
                fix = "ALTER TYPE " + name + " ADD VALUE '" + added[0].replace("'", "''") + "'; -- on blue first"
                yield self.warning(f"type {name}", message, fix)
        for name, domain in before.domains.items():
            other = after.domains.get(name)
            if other is None or (other.checks, other.not_null, other.base) == (
                domain.checks,
                domain.not_null,
                domain.base,
            ):
                continue
            message = (
                "the domain's demands are not the same on both sides: a value that one of them refuses stops the flow."
            )
            yield self.warning(
                f"domain {name}", message, "let the stricter side come last: change blue's domain first."
            )
