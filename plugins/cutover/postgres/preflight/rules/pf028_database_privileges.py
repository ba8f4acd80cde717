"""PF028: the role may create schemas and temporary tables."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule, mending


class DatabasePrivileges(Rule):
    code = "PF028"
    title = "The role may create schemas and temporary tables"
    severities = ("error",)
    why = (
        "The shadow, the old table and the capture live in schemas of their own, so that nothing has to be"
        " renamed and everything can be told apart; drains hold the keys of a batch in a temporary table."
    )
    mend = 'GRANT CREATE, TEMPORARY ON DATABASE shop TO "cutover";'

    def check(self, facts: Facts) -> Iterator[Finding]:
        server = facts.server
        wanted = {"CREATE": server.creates_schemas, "TEMPORARY": server.creates_temporary}
        lacking = [name for name, there in wanted.items() if not there]
        if lacking:
            names = ", ".join(lacking)
            fix = mending(f"GRANT {names} ON DATABASE {{d}} TO {{r}};", d=server.database, r=server.role)
            yield self.error(f"database {server.database}", f"role {server.role} lacks {names} on it.", fix)
