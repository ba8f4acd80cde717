"""Both ends of a run: where blue and green are, and sessions there."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from cutover.connections import ConnectionInfo
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.blue_green.names import Names, SideName


class RouterMissing(CutoverError):
    """Nothing decides where clients go."""

    code = "BGR001"


@dataclass(frozen=True, slots=True)
class Ends:
    """Blue is the spec's source and green its target, whichever of them is live."""

    ctx: RunContext
    number: int

    @classmethod
    def of(cls, ctx: RunContext) -> Ends:
        return cls(ctx, ctx.journal.get_run(ctx.run_id).number)

    @property
    def names(self) -> Names:
        return Names(self.number)

    def info(self, side: SideName) -> ConnectionInfo:
        return self.ctx.source_info if side == "blue" else self.ctx.target_info

    def peer(self, side: SideName) -> ConnectionInfo:
        """Return where the *other server* finds ``side``: the connection's ``cutover`` extras ``peer_host`` and
        ``peer_port`` say so where that is not where Airflow finds it."""
        info = self.info(side)
        host = info.settings.get("peer_host", info.host)
        return replace(info, host=host, port=int(info.settings.get("peer_port", info.port)))

    @property
    def router_info(self) -> ConnectionInfo:
        """Return the pooler's console; where a flag leads clients, its store.

        :raises RouterMissing: the spec names no router.
        """
        if self.ctx.spec.form == "databases":
            return self.ctx.resolve(self.ctx.spec.flags.store or self.ctx.spec.source)
        if self.ctx.spec.router is None:
            raise RouterMissing(
                f"migration {self.ctx.spec.name!r} names no router, so clients cannot be led to the other side.",
                fix="add router: <connection id of PgBouncer's console> to its spec.",
            )
        return self.ctx.resolve(self.ctx.spec.router)

    def open(self, side: SideName, step: str, **settings: str) -> AbstractContextManager[Db]:
        """Open a watched session in autocommit mode."""
        return self.ctx.open(self.info(side), step, autocommit=True, **settings)
