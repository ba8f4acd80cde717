"""PF036: nothing is left of former runs."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule, listed, mending


class Leftovers(Rule):
    code = "PF036"
    title = "Nothing is left of former runs"
    severities = ("error", "warning")
    why = (
        "A run's schemas carry its number. Where one exists that no run in this database's state accounts for,"
        " the state was lost (a restored backup, a dropped schema): what it holds may be the only copy of an"
        " archived table, so nothing is dropped without being asked for. A schema with this run's own number"
        " would be taken for its own."
    )
    mend = "DROP SCHEMA cutover_new_7_public CASCADE;"

    def check(self, facts: Facts) -> Iterator[Finding]:
        known = {taken.number for taken in facts.taken}
        places: dict[tuple[str, int], list[str]] = {}
        for left in facts.leftovers:
            if left.number not in known:
                held = [f"{left.place}.{left.name}"] if left.holds_table else []
                places.setdefault((left.place, left.number), []).extend(held)
        for (place, number), tables in sorted(places.items()):
            drop = mending("DROP SCHEMA {s} CASCADE;", s=place)
            holds = f" It holds {listed(tables)}." if tables else ""
            if number == facts.limits.run_number:
                fix = f"{drop} -- after a look at what is in it; or advance the journal's run numbers past {number}"
                message = f"it has this run's number {number}, but this run did not make it.{holds}"
                yield self.error(f"schema {place}", message, fix)
            else:
                message = f"it is left of run number {number}, of which this database knows nothing.{holds}"
                yield self.warning(f"schema {place}", message, f"{drop} -- after a look at what is in it")
