"""Wait until green keeps up with blue, and stays so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseSensorOperator, Context
from airflow.sdk.exceptions import AirflowException

from cutover.errors import CutoverError
from cutover.operators.base import RUN_ID
from cutover.operators.explain import explained
from cutover.operators.opening import open_context
from cutover.operators.telling import courier
from cutover.operators.withdrawal import unless_withdrawn
from cutover.triggers.pair_lag import PairLagTrigger

STEP = "replication_lag"


class NotKeepingUp(CutoverError):
    """Green cannot keep up with blue, or blue must not wait for it any longer."""

    code = "OPR013"


class PairLagSensor(BaseSensorOperator):
    """Waits, deferred, until green is under the lag limit and stays there.

    Each look writes a beat on the live side and waits for it on the other one; the samples are in the journal. Ends
    with an error before the WAL that waits for green endangers the live server's disk, when green refuses a change,
    or when the flow is broken. Warns about DDL on the live side. The returned dict holds the worst lag and the last
    sample.

    :param max_lag_seconds: the limit; by default ``cutover.max_lag`` of the migration.
    :param stable_checks: how many looks in a row have to be under the limit.
    :param timeout: seconds after which it gives up; catching up after a long copy may take hours.
    """

    template_fields: Sequence[str] = ("run_id", "max_lag_seconds")

    def __init__(
        self,
        *,
        run_id: str = RUN_ID,
        max_lag_seconds: float | str | None = None,
        stable_checks: int = 3,
        poke_interval: float = 1.0,
        timeout: float = 24 * 3600.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(poke_interval=poke_interval, timeout=timeout, **kwargs)
        self.run_id = run_id
        self.max_lag_seconds = max_lag_seconds
        self.stable_checks = stable_checks

    def execute(self, context: Context) -> Any:
        """Hand the waiting over to the triggerer."""
        with explained(), open_context(self.run_id) as ctx, courier(ctx), unless_withdrawn(ctx):
            ctx.journal.set_state(ctx.run_id, "catching_up")
            limit = self.max_lag_seconds
            seconds = ctx.spec.cutover.max_lag.total_seconds() if limit is None else float(limit)
            conn_ids = [ctx.spec.source, str(ctx.spec.target)]
        self.log.info("waiting until green is less than %g s behind, %d looks in a row", seconds, self.stable_checks)
        return self.defer(
            trigger=PairLagTrigger(
                run_id=self.run_id,
                conn_ids=conn_ids,
                max_lag_seconds=seconds,
                poke_interval=self.poke_interval,
                stable_checks=self.stable_checks,
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=self.timeout),
        )

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Take the trigger's answer into the journal. A server that went away may come back, so that is retried."""
        with explained(), open_context(self.run_id) as ctx, courier(ctx), ctx.journal.step(ctx.run_id, STEP) as step:
            if event["status"] == "error" and event.get("fix"):
                raise NotKeepingUp(event["message"], fix=event["fix"])
            if event["status"] == "error":
                raise AirflowException(event["message"])
            step.detail(event)
        self.log.info("green keeps up: %s", event)
        return event
