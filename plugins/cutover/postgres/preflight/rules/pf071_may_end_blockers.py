"""PF071: where the spec allows to end blockers, the role can."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.facts import Facts
from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight.rule import Rule, mending


class MayEndBlockers(Rule):
    code = "PF071"
    title = "Where kill_blockers is set, the role can do it"
    severities = ("error",)
    why = (
        "kill_blockers: lets the swap end sessions that have held a table for too long. Other roles' sessions can"
        " only be ended by a member of pg_signal_backend; without it the swap would fail at the very moment it"
        " needs it. Superusers' sessions cannot be ended even so."
    )
    mend = 'GRANT pg_signal_backend TO "cutover";'

    def check(self, facts: Facts) -> Iterator[Finding]:
        if facts.spec.cutover.kill_blockers != "never" and not facts.server.signals:
            message = "the spec has cutover: kill_blockers:, and the role cannot end other roles' sessions."
            fix = mending("GRANT pg_signal_backend TO {r};", r=facts.server.role)
            yield self.error(f"role {facts.server.role}", message, fix)
