"""Close the rollback window for good."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, Literal

from airflow.sdk import Context

from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.postgres import online

OldTable = Literal["archive", "drop"]
OLD_TABLES: dict[str, OldTable] = {"archive": "archive", "drop": "drop"}


class FinalizeOperator(CutoverOperator):
    """Drops capture, archives or drops the old tables, and leaves nothing else behind.

    :param old_table: ``archive`` or ``drop`` for all tables; by default as the migration says for each.
    """

    template_fields: Sequence[str] = (*CutoverOperator.template_fields, "old_table")
    step = "finalize"
    grace = 10.0

    def __init__(self, *, old_table: str | None = "{{ params.old_table }}", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.old_table = old_table

    def permitted(self, ctx: RunContext) -> Any:
        """Let it through: the run is ``finalizing`` by now."""
        return contextlib.nullcontext()

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        choice: OldTable | None = OLD_TABLES.get(str(self.old_table))
        result = online.finalize(ctx, old_table=choice)
        ctx.journal.set_state(ctx.run_id, "finalized")
        fates = {choice} if choice else {table.old_table for table in ctx.spec.tables}
        kept = "The old tables are archived." if fates == {"archive"} else "The old tables are dropped."
        self.say(
            ctx, "finalized", summary=kept if len(fates) == 1 else "Old tables are archived or dropped as planned."
        )
        return result
