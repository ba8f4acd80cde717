"""PF030: the schema of the engine's own state belongs to the role."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule, mending


class StateSchema(Rule):
    code = "PF030"
    title = "The schema `cutover` is the role's own"
    severities = ("error",)
    why = (
        "Capture logs, checkpoints and what was done to each table are kept in schema `cutover` of the migrated"
        " database. It is made when it is needed and removed with the last run. One that belongs to another role"
        " was made by another installation, or is an application's."
    )
    mend = 'ALTER SCHEMA cutover OWNER TO "cutover";'

    def check(self, facts: Facts) -> Iterator[Finding]:
        server = facts.server
        if server.state_owner is not None and not server.state_owned:
            message = f"it exists and belongs to {server.state_owner}, not to role {server.role}."
            fix = mending("GRANT {owner} TO {role};", owner=server.state_owner, role=server.role)
            yield self.error("schema cutover", message, f"{fix} -- or run as {server.state_owner}")
