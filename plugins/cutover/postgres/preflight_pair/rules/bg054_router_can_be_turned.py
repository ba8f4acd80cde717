"""BG054: the router's configuration can be changed."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule


class RouterCanBeTurned(PairRule):
    code = "BG054"
    title = "The router's configuration can be changed from here"
    severities = ("error",)
    why = (
        "PgBouncer takes another address for an entry only from its configuration file, which is replaced as a whole"
        " and then read again (RELOAD). So the file's folder has to be mounted, and writable, where tasks run."
    )
    mend = "mount the folder of pgbouncer.ini where tasks run, and let their account write to it"

    def check(self, pair: Pair) -> Iterator[Finding]:
        router = pair.router
        if router.config_problem and not router.problem:
            message = f"{router.config}: {router.config_problem}."
            yield self.error(f"router {router.label}", message.replace("..", "."), f"{self.mend}.")
