"""Prove that both sides hold the same, while writes go on."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from cutover import strategies
from cutover.context import RunContext
from cutover.messages import facts
from cutover.operators import verdicts
from cutover.operators.base import CutoverOperator


class VerifyOperator(CutoverOperator):
    """Exact counts, row diff, suites and more; fails when a check says that there must be no cutover.

    The reports are documents of the run; the returned dict holds the verdicts in short.
    """

    step = "verify"
    state = "verifying"

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        checks = verdicts.read(strategies.of(ctx).verify(ctx))
        # Every verification speaks for itself: a run that was cleared and verified again says so again.
        attempts = sum(1 for step in ctx.journal.steps(ctx.run_id) if step.name == self.step)
        self.say(ctx, f"verified_{attempts}", "verified", **facts.of_checks(checks))
        return verdicts.judge(
            checks, fix="see the run's report for the rows and figures; nothing that is live has been changed."
        )
