"""Find runs whose rollback window is over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import BaseOperator, Context

from cutover.approvals.holding import not_again_yet, unsigned
from cutover.errors import CutoverError
from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.operators.explain import explained
from cutover.operators.opening import open_context, open_journal
from cutover.operators.telling import courier, say

HELD = "finalize_held"


class FindDueOperator(BaseOperator):
    """Returns the conf of one finalize for each run whose window has ended.

    Not of one that a role has still to sign off, which is said once; nor of one about which somebody was asked, or has
    said no, a short while ago.
    """

    ui_color = "#fff3d6"

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Return a list of ``{"run": ...}``, the oldest first."""
        now = datetime.now(UTC)
        with explained(), open_journal() as journal:
            runs = journal.runs(states=["window"], limit=500, dry_run=False)
            ended = [run for run in reversed(runs) if run.window_ends_at and run.window_ends_at <= now]
            due = [run for run in ended if not self._held(run, journal, now)]
        self.log.info("%d of %d open windows have ended, %d are to be finalized", len(ended), len(runs), len(due))
        return [{"run": run.run_id} for run in due]

    def _held(self, run: Run, journal: Journal, now: datetime) -> bool:
        events = journal.events(run.run_id)
        why = unsigned(run, events)
        if why is None:
            return not_again_yet(run, events, now)
        self.log.warning("%s is not finalized: %s", run.run_id, why)
        if not any(event.text == why for event in events if event.kind == HELD):
            journal.event(run.run_id, HELD, why)
            self._tell(run, why, sum(event.kind == HELD for event in events))
        return True

    def _tell(self, run: Run, why: str, before: int) -> None:
        try:
            with open_context(run.run_id) as ctx, courier(ctx):
                say(ctx.journal, run.run_id, f"{HELD}_{before}", HELD, why=why)
        except CutoverError as error:
            # A connection of that run is gone, say: no reason not to finalize the others.
            self.log.warning("nobody is told: %s", error)
