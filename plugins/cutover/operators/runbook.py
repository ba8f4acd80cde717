"""The runbook of a run: the link *Runbook* of its tasks, and keeping it when the run has come to an end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk.bases.operatorlink import BaseOperatorLink

from cutover.context import RunContext
from cutover.operators.links import runbook_url

if TYPE_CHECKING:
    from airflow.sdk.types import TaskInstanceKey


class RunbookLink(BaseOperatorLink):
    """Leads to the runbook of the migration's run; nowhere before a run has begun."""

    @property
    def name(self) -> str:
        return "Runbook"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        """Return the address; the operator's ``run_id`` is rendered by now."""
        run_id = operator.run_id
        begun = isinstance(run_id, str) and run_id not in ("", "None") and "{{" not in run_id
        return (runbook_url(run_id) or "") if begun else ""


def keep_runbook(ctx: RunContext) -> None:
    """Keep the documents with the run; imported when they are made, so that DAG files are parsed without it."""
    from cutover.runbook import keep

    keep(ctx.journal, ctx.run_id)
