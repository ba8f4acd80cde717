"""BG001: both servers are of known versions, and green is not older than blue."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.gather import NEWEST, OLDEST
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule


class Versions(PairRule):
    code = "BG001"
    title = f"Both servers are PostgreSQL {OLDEST} to {NEWEST}, and green is not older"
    severities = ("error",)
    why = (
        "Publications know column lists since 15, and without them a column could not be dropped on the way. A version"
        " newer than this release may have objects that it has never heard of, and would leave behind without a word."
        " A dump of a newer server cannot be restored into an older one."
    )
    mend = "let target: lead to a server that is at least as new as the source's"

    def check(self, pair: Pair) -> Iterator[Finding]:
        for side in pair.sides:
            text = side.server.version_text
            if side.server.major < OLDEST:
                message = f"the server is PostgreSQL {text}; {OLDEST} is the oldest that this release knows."
                yield self.error(side.label, message, "upgrade it by its own means first (pg_upgrade).")
            elif side.server.major > NEWEST:
                message = f"the server is PostgreSQL {text}; {NEWEST} is the newest that this release knows."
                fix = f"use a release of Cutover that was tested with PostgreSQL {side.server.major}."
                yield self.error(side.label, message, fix)
        if pair.green.server.major < pair.blue.server.major:
            message = (
                f"PostgreSQL {pair.green.server.version_text} is older than blue's {pair.blue.server.version_text}."
            )
            yield self.error(pair.green.label, message, "let target: lead to a newer server.")
