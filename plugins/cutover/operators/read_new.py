"""Let the new side answer, a growing share of the reads at a time."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.shadow_reads import ShadowReadsOperator
from cutover.postgres.dual_write.steps import reads


class ReadNewOperator(ShadowReadsOperator):
    """Goes through the shares of ``reads.steps``; each has to go well before the next one begins.

    The flag says how far it is, so a task that is tried again goes on with the next share.
    """

    step: ClassVar[str] = "read_new"

    def share(self, ctx: RunContext) -> float | None:
        return reads.next_share(ctx)

    def went(self, context: Context) -> Any:
        return self.execute(context)
