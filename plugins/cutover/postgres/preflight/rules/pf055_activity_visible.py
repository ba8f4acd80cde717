"""PF055: other sessions can be seen."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule, mending


class ActivityVisible(Rule):
    code = "PF055"
    title = "The role sees other sessions"
    severities = ("warning",)
    why = (
        "Without pg_read_all_stats other roles' sessions show neither when their transactions began nor what they"
        " run: long transactions go unnoticed, and a blocker in the log is a number without a query."
    )
    mend = 'GRANT pg_read_all_stats TO "cutover";'

    def check(self, facts: Facts) -> Iterator[Finding]:
        if not facts.server.sees_activity:
            message = "it does not see what other roles' sessions do: long transactions and blockers cannot be named."
            yield self.warning(
                f"role {facts.server.role}", message, mending("GRANT pg_read_all_stats TO {r};", r=facts.server.role)
            )
