"""One leg of a journey: live leaves one side and arrives at the other. There and back are the same leg, mirrored."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from cutover.connections import ConnectionInfo
from cutover.context import Db
from cutover.postgres.blue_green.names import Names, SideName, other
from cutover.postgres.connect import connect
from cutover.routing import Place, Router, open_router

# Longer than the router takes to answer, or to be found away; nobody else can bring clients back meanwhile.
HANGING = "15s"
FIELDS = ("conn_id", "host", "port", "user", "password", "dbname", "extra", "settings")


@dataclass(frozen=True, slots=True)
class Leg:
    """All that a cutover needs to know, also in a process that has nothing else (the watchdog).

    :ivar origin: the side that is live; :ivar attempt: names this attempt on both sides.
    """

    run_id: str
    number: int
    origin: SideName
    attempt: str
    infos: Mapping[SideName, ConnectionInfo]
    router_info: ConnectionInfo

    @property
    def target(self) -> SideName:
        return other(self.origin)

    @property
    def names(self) -> Names:
        return Names(self.number)

    def open(self, side: SideName, **settings: str) -> AbstractContextManager[Db]:
        """Open a session for the cutover itself; where its process hangs in a transaction, the server ends it soon."""
        settings = {"idle_in_transaction_session_timeout": HANGING, **settings}
        return connect(self.infos[side], application=f"cutover/{self.run_id}/cutover", autocommit=True, **settings)

    def router(self) -> Router:
        return open_router(self.router_info)

    def place(self, side: SideName) -> Place:
        """Where the router leads clients of ``side``."""
        return Place.of(self.infos[side])

    def to_json(self) -> dict[str, Any]:
        """Return everything, passwords too: for a pipe between two processes, and for nothing else."""
        infos: dict[str, Any] = {side: _fields(info) for side, info in self.infos.items()}
        infos["router"] = _fields(self.router_info)
        return {
            "run_id": self.run_id,
            "number": self.number,
            "origin": self.origin,
            "attempt": self.attempt,
            "infos": infos,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Leg:
        infos = {side: ConnectionInfo(**fields) for side, fields in data["infos"].items()}
        router = infos.pop("router")
        return cls(data["run_id"], data["number"], data["origin"], data["attempt"], infos, router)


def _fields(info: ConnectionInfo) -> dict[str, Any]:
    values = {name: getattr(info, name) for name in FIELDS}
    return {**values, "extra": dict(info.extra), "settings": dict(info.settings)}
