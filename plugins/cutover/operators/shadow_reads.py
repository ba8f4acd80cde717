"""Move reads, watch them for a while without a worker, and judge."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, ClassVar

from airflow.sdk import BaseOperator, Context

from cutover import strategies
from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.operators.base import FAIL_AT, RUN_ID
from cutover.operators.explain import explained
from cutover.operators.opening import open_context
from cutover.operators.rehearsal import fail_on_purpose
from cutover.operators.telling import courier
from cutover.operators.withdrawal import unless_withdrawn
from cutover.postgres.dual_write.steps import reads
from cutover.triggers.reads import ReadsTrigger


class ReadsDisturbed(CutoverError):
    """A share of reads could not be watched to its end."""

    code = "OPR030"


class ShadowReadsOperator(BaseOperator):
    """Asks both sides for a share of the reads, for ``reads.hold``, and fails when an answer differs.

    The waiting is deferred. Tried again, a step begins anew.
    """

    template_fields: Sequence[str] = ("run_id", "fail_at")
    ui_color = "#e8f1fa"
    step: ClassVar[str] = "shadow_reads"

    def __init__(self, *, run_id: str = RUN_ID, fail_at: str | None = FAIL_AT, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run_id = run_id
        self.fail_at = fail_at

    def share(self, ctx: RunContext) -> float | None:
        """Return the share of reads to go on with, in percent; None: there is none left."""
        return 0.0

    def execute(self, context: Context) -> Any:
        """Move the reads and hand the waiting over to the triggerer."""
        with explained(), open_context(self.run_id) as ctx, courier(ctx), unless_withdrawn(ctx):
            share = self.share(ctx)
            if share is None:
                return self._ended(ctx)
            ctx.journal.set_state(ctx.run_id, "verifying")
            with ctx.journal.step(ctx.run_id, self.step) as step:
                moved = strategies.dual(ctx).move_reads(ctx, share)
                step.detail(moved)
            hold = ctx.spec.reads.hold.total_seconds()
            self.log.info("%g %% of the reads go to the new side; watching for %g s", share, hold)
            trigger = ReadsTrigger(
                run_id=ctx.run_id,
                conn_ids=[ctx.spec.source, *filter(None, [ctx.spec.target, ctx.spec.flags.store])],
                version=moved["version"],
                until=time.time() + hold,
            )
        return self.defer(trigger=trigger, method_name="execute_complete")

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Judge what was watched, and go on."""
        with explained(), open_context(self.run_id) as ctx, courier(ctx):
            with ctx.journal.step(ctx.run_id, self.step) as step:
                if event["status"] == "error":
                    raise ReadsDisturbed(event["message"], fix=event["fix"])
                result = reads.judge(ctx)
                step.detail(result)
            self.log.info(result["summary"])
        return self.went(context)

    def went(self, context: Context) -> Any:
        """Go on after a share that went well: it was the only one."""
        with explained(), open_context(self.run_id) as ctx:
            return self._ended(ctx)

    def _ended(self, ctx: RunContext) -> dict[str, Any]:
        with ctx.journal.step(ctx.run_id, self.step) as step:
            result = reads.judge(ctx)
            step.detail(result)
            fail_on_purpose(self.fail_at, self.step)
        return result
