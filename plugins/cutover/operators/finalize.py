"""Close the rollback window for good."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from airflow.sdk import Context

from cutover import strategies
from cutover.context import RunContext
from cutover.operators.base import CutoverOperator
from cutover.operators.begin_finalize import refuse_state
from cutover.operators.stores import open_store
from cutover.postgres.backup import Store


class FinalizeOperator(CutoverOperator):
    """Ends what keeps the old side in step, archives, drops or keeps it, and leaves nothing else behind.

    :param old_table: online: ``archive`` or ``drop`` for all tables; by default as the migration says for each.
    :param old_database: two databases: ``keep``, ``archive`` or ``drop``; by default as the migration says.
    """

    template_fields: Sequence[str] = (*CutoverOperator.template_fields, "old_table", "old_database")
    step = "finalize"
    grace = 10.0
    ends = True

    def __init__(
        self,
        *,
        old_table: str | None = "{{ params.old_table }}",
        old_database: str | None = "{{ params.old_database }}",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.old_table = old_table
        self.old_database = old_database

    def permitted(self, ctx: RunContext) -> Any:
        """Let it through: whether the run may be finalized is looked at anew below, somebody may have been asked."""
        return contextlib.nullcontext()

    def work(self, ctx: RunContext, context: Context) -> dict[str, Any]:
        # From here on there is no way back; the run may have been taken back while somebody was asked.
        refuse_state(ctx.journal.get_run(ctx.run_id))
        ctx.journal.set_state(ctx.run_id, "finalizing", actor=context["dag_run"].triggering_user_name)
        choice = {"old_table": _chosen(self.old_table), "old_database": _chosen(self.old_database)}
        result = strategies.finalize(ctx, **choice, store=_store(ctx, choice))
        ctx.journal.set_state(ctx.run_id, "finalized")
        self.say(ctx, "finalized", summary=strategies.fate(ctx, **choice))
        return result


def _store(ctx: RunContext, choice: dict[str, str | None]) -> Store | None:
    """Return where an archive goes, if there is going to be one."""
    wanted = choice["old_database"] or ctx.spec.rollback.old_database
    if ctx.spec.strategy not in ("blue_green", "dual_write") or strategies.stays(ctx) or wanted != "archive":
        return None
    return open_store(ctx.resolve(ctx.spec.rollback.archive))


def _chosen(value: str | None) -> str | None:
    """Return what was chosen; a form's field that was left alone comes as None, or as its text."""
    return None if value in (None, "", "None") else str(value)
