"""Which router a connection speaks of."""

from __future__ import annotations

from cutover.connections import ConnectionInfo
from cutover.routing.pgbouncer import PgBouncerRouter
from cutover.routing.router import Doorkeeper


def open_router(info: ConnectionInfo, run_id: str | None = None) -> Doorkeeper:
    """Return the router behind a connection: PgBouncer's console (its database is always ``pgbouncer``).

    :param run_id: the run whose record gets the commands.
    :raises RouterFailed: it cannot be reached, or does not lead anywhere yet.
    """
    return PgBouncerRouter(info, run_id)
