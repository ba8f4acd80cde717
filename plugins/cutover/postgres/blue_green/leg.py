"""One leg of a journey: live leaves one side and arrives at the other. There and back are the same leg, mirrored."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cutover import recording
from cutover.connections import ConnectionInfo
from cutover.context import Db
from cutover.errors import CutoverError
from cutover.postgres.blue_green.names import Names, SideName, other
from cutover.postgres.connect import connect
from cutover.routing import Place, Router, open_router
from cutover.routing.flag import FlagRouter

# Longer than the router takes to answer, or to be found away; nobody else can bring clients back meanwhile.
HANGING = "15s"
DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
FIELDS = ("conn_id", "host", "port", "user", "password", "dbname", "extra", "settings")


@dataclass(frozen=True, slots=True)
class Leg:
    """All that a cutover needs to know, also in a process that has nothing else (the watchdog).

    :ivar origin: the side that is live; :ivar attempt: names this attempt on both sides.
    :ivar router_info: the pooler's console; the store of flags where a flag leads clients.
    :ivar flag: the migration whose flag that is. :ivar hold: seconds for which it is held at most.
    """

    run_id: str
    number: int
    origin: SideName
    attempt: str
    infos: Mapping[SideName, ConnectionInfo]
    router_info: ConnectionInfo
    flag: str | None = None
    hold: float = 0.0

    @property
    def target(self) -> SideName:
        return other(self.origin)

    @property
    def names(self) -> Names:
        return Names(self.number)

    @contextlib.contextmanager
    def open(self, side: SideName, **settings: str) -> Iterator[Db]:
        """Open a session for the cutover itself; where its process hangs in a transaction, the server ends it soon.

        What it commits has reached the disk, also on a server that does not ask for that by default.
        """
        settings = {"idle_in_transaction_session_timeout": HANGING, **settings}
        name, record = f"cutover/{self.run_id}/cutover", recording.of(self.run_id)
        with connect(self.infos[side], application=name, autocommit=True, record=record, **settings) as db:
            db.execute(DURABLE)
            yield db

    def router(self) -> Router:
        if self.flag is None:
            return open_router(self.router_info, self.run_id)
        return self._flag_router(self.flag)

    def keep_held(self) -> None:
        """See that clients are not let go while the origin is closed: a pooler's pause lasts, a flag's hold ends."""
        if self.flag is None:
            return
        # Where the store is away clients are held by that: they cannot know that the hold is over.
        with contextlib.suppress(CutoverError), contextlib.closing(self._flag_router(self.flag)) as router:
            router.keep_held(self.place(self.origin))

    def _flag_router(self, migration: str) -> FlagRouter:
        places = (self.place("blue"), self.place("green"))
        return FlagRouter(self.router_info, migration, *places, by=self.run_id, hold=self.hold)

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
            "flag": self.flag,
            "hold": self.hold,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Leg:
        infos = {side: ConnectionInfo(**fields) for side, fields in data["infos"].items()}
        router = infos.pop("router")
        names = (data["run_id"], data["number"], data["origin"], data["attempt"])
        return cls(*names, infos, router, data.get("flag"), data.get("hold", 0.0))


def _fields(info: ConnectionInfo) -> dict[str, Any]:
    values = {name: getattr(info, name) for name in FIELDS}
    return {**values, "extra": dict(info.extra), "settings": dict(info.settings)}
