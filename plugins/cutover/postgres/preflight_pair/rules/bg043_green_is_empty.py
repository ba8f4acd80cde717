"""BG043: green is empty, or will be made."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule, listed, mending


class GreenIsEmpty(PairRule):
    code = "BG043"
    title = "Green is empty, or will be made"
    severities = ("error", "info")
    why = (
        "The whole of blue is built there. What is there already would be in the way, or would be mixed with it; the"
        " run never removes what it has not made. Extensions may be there already."
    )
    mend = "DROP DATABASE shop; -- green's"

    def check(self, pair: Pair) -> Iterator[Finding]:
        green = pair.green
        if green.missing:
            yield self.info(green.label, "it is not there yet: the run makes it.")
            return
        found = [f"{thing.kind} {thing.name}" for thing in green.contents]
        if found and not green.ours:
            message = f"it is not empty: {listed(found)}."
            fix = mending(
                "DROP DATABASE {name}; CREATE DATABASE {name} OWNER {role}; -- where nobody needs what is in it",
                name=green.info.dbname,
                role=green.server.role,
            )
            yield self.error(green.label, message, fix)
