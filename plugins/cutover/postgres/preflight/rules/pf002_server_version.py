"""PF002: the server's version is one whose catalogs are known."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.gather import NEWEST, OLDEST
from cutover.postgres.preflight.rule import Rule


class ServerVersion(Rule):
    code = "PF002"
    title = f"The server is PostgreSQL {OLDEST} to {NEWEST}"
    severities = ("error",)
    why = (
        "A shadow table must lose nothing, so every kind of object that can hang on a table must be known. Before"
        " 15 there are no column lists of publications, which are read from the catalog. A version newer than"
        " this release may have kinds of objects that it has never heard of, and would leave behind without a"
        " word."
    )
    mend = "upgrade the server (blue_green does that too), or Cutover"

    def check(self, facts: Facts) -> Iterator[Finding]:
        server = facts.server
        if server.major < OLDEST:
            fix = "upgrade the server first, for example with the blue_green strategy."
            yield self.error(f"database {server.database}", f"the server is PostgreSQL {server.version_text}.", fix)
        elif server.major > NEWEST:
            fix = f"use a release of Cutover that was tested with PostgreSQL {server.major}."
            message = f"the server is PostgreSQL {server.version_text}; {NEWEST} is the newest that this release knows."
            yield self.error(f"database {server.database}", message, fix)
