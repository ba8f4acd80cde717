"""Routers: what decides where clients go. One module a kind; :func:`open_router` picks it by the connection."""

from cutover.routing.opening import open_router
from cutover.routing.router import Doorkeeper, Place, Router, RouterFailed, Traffic

__all__ = ["Doorkeeper", "Place", "Router", "RouterFailed", "Traffic", "open_router"]
