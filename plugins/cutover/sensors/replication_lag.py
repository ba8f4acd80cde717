"""Wait until the standbys of a run's source keep up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseSensorOperator, Context
from airflow.sdk.exceptions import AirflowException
from psycopg.rows import dict_row

from cutover import sqlfiles
from cutover.errors import CutoverError
from cutover.operators.base import RUN_ID
from cutover.operators.explain import explained
from cutover.operators.opening import open_context
from cutover.triggers.replication_lag import STEP, ReplicationLagTrigger


class StandbyLagUnknown(CutoverError):
    """The lag of the standbys could not be found out."""

    code = "OPR010"


class ReplicationLagSensor(BaseSensorOperator):
    """Waits, deferred, until every physical standby of the source is under the lag limit and stays there.

    Where the source has no standby it succeeds at once and says so in its log. The samples are in the journal as
    progress of the step ``standby_lag``; the returned dict holds the worst lag seen.

    :param max_lag_seconds: the limit; by default ``cutover.max_lag`` of the migration.
    :param stable_checks: how many looks in a row have to be under the limit.
    """

    template_fields: Sequence[str] = ("run_id", "max_lag_seconds", "max_lag_bytes")

    def __init__(
        self,
        *,
        run_id: str = RUN_ID,
        max_lag_seconds: float | str | None = None,
        max_lag_bytes: int | str | None = None,
        stable_checks: int = 3,
        poke_interval: float = 1.0,
        timeout: float = 3600.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(poke_interval=poke_interval, timeout=timeout, **kwargs)
        self.run_id = run_id
        self.max_lag_seconds = max_lag_seconds
        self.max_lag_bytes = max_lag_bytes
        self.stable_checks = stable_checks

    def execute(self, context: Context) -> Any:
        """Look once; defer when there is anything to wait for."""
        with explained(), open_context(self.run_id) as ctx:
            with ctx.source(STEP) as db:
                db.row_factory = dict_row  # type: ignore[assignment]
                standbys = db.execute(sqlfiles.text("standby/lag")).fetchall()
            if not standbys:
                self.log.info("%s has no standbys: nothing to wait for", ctx.source_info.label())
                return {"status": "none", "standbys": []}
            limit = self.max_lag_seconds
            seconds = ctx.spec.cutover.max_lag.total_seconds() if limit is None else float(limit)
            conn_id = ctx.spec.source
        self.log.info("waiting until %d standbys are less than %g s behind", len(standbys), seconds)
        return self.defer(
            trigger=ReplicationLagTrigger(
                run_id=self.run_id,
                conn_id=conn_id,
                max_lag_seconds=seconds,
                max_lag_bytes=None if self.max_lag_bytes is None else int(self.max_lag_bytes),
                poke_interval=self.poke_interval,
                stable_checks=self.stable_checks,
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=self.timeout),
        )

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Take the trigger's answer. A server that went away may come back, so that is retried; the rest is not."""
        if event["status"] == "error" and event.get("fix"):
            with explained():
                raise StandbyLagUnknown(event["message"], fix=event["fix"])
        if event["status"] == "error":
            raise AirflowException(event["message"])
        self.log.info("standbys keep up: %s", event)
        return event
