"""BG015: subscriptions can log in with a password."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule

SINCE = 16


class SubscriptionPassword(PairRule):
    code = "BG015"
    title = "A subscription logs in with a password"
    severities = ("error", "warning")
    why = (
        "A subscription that no superuser owns must give a password, and the server must ask for it; otherwise the"
        " login would be that of the server's own account. It is the password of the Airflow connection. A server that"
        " lets it in by trust, peer or a certificate makes the subscription fail."
    )
    mend = "give the role a password, and ask for it in pg_hba.conf: host all cutover 10.0.0.0/8 scram-sha-256"

    def check(self, pair: Pair) -> Iterator[Finding]:
        for side, follower in ((pair.blue, pair.green), (pair.green, pair.blue)):
            if follower.server.superuser or follower.server.major < SINCE:
                continue
            if not side.info.password:
                message = (
                    f"the connection {side.info.conn_id!r} has no password, and role {follower.server.role} of"
                    f" {follower.name} may not subscribe without one."
                )
                fix = f"set the password of the Airflow connection {side.info.conn_id!r}."
                yield self.error(side.label, message, fix)
            elif not side.asked_password:
                message = (
                    "the server let Airflow in without asking for the password; if it does the same to the server of"
                    f" {follower.name}, the subscription there fails."
                )
                yield self.warning(side.label, message, f"{self.mend}.")
