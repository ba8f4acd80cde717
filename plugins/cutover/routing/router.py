"""What a cutover asks of a router, whichever kind it is."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event
from typing import Protocol

from cutover.connections import ConnectionInfo
from cutover.errors import CutoverError


class RouterFailed(CutoverError):
    """The router could not do, or did not do, what it was asked."""

    code = "RTR001"


class NotPaused(RouterFailed):
    """Clients could not be held within the time: somebody's transaction did not end."""

    code = "RTR002"


@dataclass(frozen=True, slots=True)
class Place:
    """Where clients are led."""

    host: str
    port: int
    dbname: str

    @classmethod
    def of(cls, info: ConnectionInfo) -> Place:
        """Return where the *router* finds a database: the connection's ``cutover`` extras ``router_host`` and
        ``router_port`` say so where that is not where Airflow finds it."""
        host = info.settings.get("router_host", info.host)
        return cls(host, int(info.settings.get("router_port", info.port)), info.dbname)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}/{self.dbname}"


@dataclass(frozen=True, slots=True)
class Traffic:
    """Who goes through at the moment.

    :ivar clients: connected clients.
    :ivar active: servers with a transaction under way.
    :ivar waiting: clients that are held, or wait for a server.
    """

    clients: int
    active: int
    waiting: int


class Router(Protocol):
    """Leads clients to one place, and can hold them at a transaction's end.

    Every method may be called again: it finds out what is still to be done.
    """

    def where(self) -> Place:
        """Return where clients are led now."""

    def refuse_unready(self) -> None:
        """Look, before anybody is held, whether all that follows can be done.

        :raises RouterFailed: naming what cannot.
        """

    def brace(self) -> None:
        """Do beforehand what would take time between the wish to pause and the pause: connect."""

    def pause(self, seconds: float, stop: Event | None = None) -> None:
        """Let running transactions end and hold all further ones; takes at most ``seconds``.

        :param stop: once it is set, that is given up.
        :raises NotPaused: a transaction did not end; clients go on as before.
        """

    def point(self, place: Place) -> None:
        """Lead clients to ``place`` from now on; those that are held stay held."""

    def resume(self) -> None:
        """Let clients go on."""

    def paused(self) -> bool:
        """Tell whether clients are held."""

    def traffic(self) -> Traffic:
        """Return who goes through at the moment."""

    def close(self) -> None:
        """Let go of the router's connections; a pause outlives them."""


class Doorkeeper(Router, Protocol):
    """A router that can turn clients away as well, which a maintenance window asks of it."""

    def refuse(self, seconds: float, stop: Event | None = None) -> None:
        """Turn clients away: new ones at once, those that are there once their transaction has ended.

        :param seconds: after which transactions are not waited for any more; nor are they once ``stop`` is set.
        """

    def admit(self) -> None:
        """Let clients come and go on, whether they were held or turned away."""

    def closed(self) -> bool:
        """Tell whether clients are held or turned away."""

    def served(self) -> int:
        """Return how many transactions of clients have ended, counted since some moment in the past."""
