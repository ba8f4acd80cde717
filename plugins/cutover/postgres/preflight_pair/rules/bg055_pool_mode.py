"""BG055: the router can hold clients without breaking them."""

from __future__ import annotations

from collections.abc import Iterator

from cutover.postgres.preflight.finding import Finding
from cutover.postgres.preflight_pair.facts import Pair
from cutover.postgres.preflight_pair.rule import PairRule

PREPARES_SINCE = (1, 21)


class PoolMode(PairRule):
    code = "BG055"
    title = "The router pools transactions"
    severities = ("error", "info")
    why = (
        "In transaction mode PgBouncer holds each client at the end of its transaction, which is what makes the switch"
        " unnoticed. In session mode PAUSE waits until every client has disconnected. Before 1.21 PgBouncer knows no"
        " prepared statements in transaction mode: clients must not use them (psycopg: prepare_threshold=None; asyncpg:"
        " statement_cache_size=0); from 1.21 on max_prepared_statements allows them, and they survive the switch."
    )
    mend = "set pool_mode = transaction in pgbouncer.ini, then RELOAD"

    def check(self, pair: Pair) -> Iterator[Finding]:
        router = pair.router
        if router.problem:
            return
        name = f"router {router.label}"
        if router.pool_mode == "session":
            message = "pool_mode is session: PAUSE would wait until every client has disconnected."
            yield self.error(name, message, f"{self.mend}.")
        elif router.version and router.version < PREPARES_SINCE:
            message = f"{router.version_text} knows no prepared statements in {router.pool_mode} mode."
            yield self.info(name, message, "see that clients use none, or upgrade PgBouncer to 1.21.")
        elif not router.prepared_statements:
            message = "max_prepared_statements is 0: clients must not use prepared statements."
            yield self.info(name, message, "max_prepared_statements = 200")
