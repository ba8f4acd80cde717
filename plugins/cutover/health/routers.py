"""Whether a router answers, and whether it holds or turns away anybody."""

from __future__ import annotations

import contextlib

from cutover.connections import ConnectionInfo
from cutover.errors import CutoverError
from cutover.journal.check import Check
from cutover.routing import open_router


def look(info: ConnectionInfo) -> list[Check]:
    """Look at one router once. Clients that are held while no run cuts over wait for nobody."""
    try:
        with contextlib.closing(open_router(info)) as router:
            place, traffic, closed = router.where(), router.traffic(), router.closed()
    except CutoverError as error:
        return [Check("HEALTH_UP", "up", False, "error", error.what, {}, info.label())]
    text = f"leads {traffic.clients} clients to {place}"
    text += "; they are held or turned away" if closed else ""
    figures = {"clients": traffic.clients, "active": traffic.active, "waiting": traffic.waiting, "closed": closed}
    return [Check("HEALTH_ROUTER", "router", not closed, "warning", text, figures, info.label())]
