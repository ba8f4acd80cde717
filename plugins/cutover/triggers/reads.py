"""Watch a share of reads, without a worker slot, until its time is over or an answer differs."""

from __future__ import annotations

from typing import Any

from cutover import strategies
from cutover.context import RunContext
from cutover.postgres.dual_write.steps.reads import Vigil
from cutover.triggers.run_trigger import RunTrigger


class ReadsTrigger(RunTrigger):
    """Fires when ``until`` has come, when both sides gave different answers, or when somebody moved the flag.

    :param conn_ids: the run's source, its target if there is one, and the store of its flag.
    :param version: of the flag that is watched.
    :param until: seconds since the epoch: a triggerer that is started again does not begin anew.
    """

    def __init__(self, *, version: int, until: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.version = version
        self.until = until

    def watcher(self, ctx: RunContext) -> Vigil:
        found: Vigil = strategies.dual(ctx).reads_vigil(ctx, self.version, self.until)
        return found

    def own(self) -> dict[str, Any]:
        return {"version": self.version, "until": self.until}
