"""BG052: the router answers."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule


class RouterAnswers(PairRule):
    code = "BG052"
    title = "The router answers"
    severities = ("error",)
    why = (
        "Clients are held and led to the other side by PgBouncer: the run talks to its console as one of its"
        " admin_users, and the connection's extra says which entry of [databases] is meant and where its configuration"
        " lies. A router that is paused already is somebody's work, or what a crash has left: its clients are waiting"
        " now."
    )
    mend = (
        'set the connection\'s extra: {"cutover": {"database": "shop", "config_file": "/etc/pgbouncer/pgbouncer.ini"}}'
    )

    def check(self, pair: Pair) -> Iterator[Finding]:
        router = pair.router
        if router.problem:
            yield self.error(f"router {router.label}", router.problem, router.fix)
        elif router.paused and not pair.blue.ours:
            entry = router.label.partition(" of ")[0]
            message = "it is paused: its clients are waiting, and it is not this run that holds them."
            yield self.error(f"router {router.label}", message, f"RESUME {entry}; -- on PgBouncer's console")
