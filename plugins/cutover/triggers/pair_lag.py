"""Wait, without a worker slot, until the database that follows keeps up with the one that is live."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.postgres.blue_green.vigil import Vigil
from cutover.triggers.run_trigger import RunTrigger


class PairLagTrigger(RunTrigger):
    """Fires once green has been under the limit for ``stable_checks`` looks in a row, or can never be.

    Each look is a sample in the journal. The event is what
    :meth:`cutover.postgres.blue_green.vigil.Vigil.look` returns.

    :param conn_ids: source and target of the run.
    """

    def __init__(self, *, max_lag_seconds: float, stable_checks: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_lag_seconds = max_lag_seconds
        self.stable_checks = stable_checks

    def watcher(self, ctx: RunContext) -> Vigil:
        return Vigil(ctx, max_seconds=self.max_lag_seconds, steady=self.stable_checks)

    def own(self) -> dict[str, Any]:
        return {"max_lag_seconds": self.max_lag_seconds, "stable_checks": self.stable_checks}
