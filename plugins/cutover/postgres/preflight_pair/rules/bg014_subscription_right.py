"""BG014: the role may subscribe, on both sides."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair, Side
from cutover.postgres.preflight_pair.rule import SideRule, mending

GRANTED_SINCE = 16


class SubscriptionRight(SideRule):
    code = "BG014"
    title = "The role may subscribe on both servers"
    severities = ("error",)
    why = (
        "Green subscribes to blue, and after the cutover blue to green. Since 16 membership in pg_create_subscription"
        " is enough; a server of 15 lets only superusers subscribe, so there blue's connection has to be a superuser's,"
        " or there is no way back. On managed PostgreSQL the provider's administrator role may do it."
    )
    mend = 'GRANT pg_create_subscription TO "cutover";'

    def check_side(self, side: Side, pair: Pair) -> Iterator[Finding]:
        server = side.server
        if server.superuser or server.creates_subscriptions:
            return
        if server.major >= GRANTED_SINCE:
            fix = mending("GRANT pg_create_subscription TO {role};", role=server.role)
            yield self.error(side.label, f"role {server.role} is no member of pg_create_subscription.", fix)
            return
        lost = "there would be no way back" if side.name == "blue" else "it could not follow blue"
        message = (
            f"role {server.role} is no superuser, and PostgreSQL {server.major} lets nobody else subscribe: {lost}."
        )
        yield self.error(side.label, message, mending("ALTER ROLE {role} SUPERUSER;", role=server.role))
