"""Find runs whose rollback window is over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import BaseOperator, Context

from cutover.operators.explain import explained
from cutover.operators.opening import open_journal


class FindDueOperator(BaseOperator):
    """Returns the conf of one finalize for each run whose window has ended."""

    ui_color = "#fff3d6"

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Return a list of ``{"run": ...}``, the oldest first."""
        with explained(), open_journal() as journal:
            runs = journal.runs(states=["window"], limit=500)
        now = datetime.now(UTC)
        due = [run for run in reversed(runs) if run.window_ends_at and run.window_ends_at <= now]
        self.log.info("%d of %d open windows have ended", len(due), len(runs))
        return [{"run": run.run_id} for run in due]
