"""Let the sides that are not live follow, for all runs at once."""

from __future__ import annotations

from typing import Any

import psycopg
from airflow.sdk import BaseOperator, Context

from cutover import strategies
from cutover.errors import Cancelled, CutoverError
from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.messages.head import waits_for
from cutover.operators.cancelling import Cancelling
from cutover.operators.explain import explained
from cutover.operators.opening import open_context, open_journal

# In these states a run that waits for a person has both sides, and no task that looks after them.
MAY_WAIT = ("verifying", "catching_up")
# The live server's disk: a run that has not cut over yet is taken back because of it.
ENDANGERED = "endangered"
DANGERS = frozenset({"BGR040", "BGR041"})


class NotInStep(CutoverError):
    """The way back of some runs could not be kept in step."""

    code = "OPR012"


class KeepInStepOperator(Cancelling, BaseOperator):
    """One pass over every open rollback window, and over runs that wait for an approval.

    A run whose database cannot be reached does not keep the others from being served; the task fails at the end,
    with all reasons.
    """

    ui_color = "#e8f1fa"

    def execute(self, context: Context) -> dict[str, Any]:
        """Return the figures by run."""
        cancel = self.cancel_token()
        figures: dict[str, Any] = {}
        troubles: list[str] = []
        with explained():
            with open_journal() as journal:
                runs = due(journal)
            for run in runs:
                try:
                    with open_context(run.run_id, cancel) as ctx:
                        figures[run.run_id] = strategies.of(ctx).keep_in_step(ctx)
                except Cancelled:
                    raise
                except (CutoverError, psycopg.Error) as error:
                    self.log.error("%s: %s", run.run_id, error)
                    troubles.append(f"{run.run_id}: {str(error).strip().splitlines()[0]}")
                    self._warn(run, error)
            self.log.info("kept in step: %s", figures or "no run has an open window")
            if troubles:
                raise NotInStep("; ".join(troubles), fix="see above; a rollback catches up before it swaps back.")
        return figures

    def _warn(self, run: Run, error: Exception) -> None:
        """Write down, once, that a run endangers the live server: ``find_abandoned`` then has it taken back."""
        if getattr(error, "code", None) not in DANGERS:
            return
        with open_journal() as journal:
            if not journal.events(run.run_id, kind=ENDANGERED):
                journal.event(run.run_id, ENDANGERED, str(error).strip().splitlines()[0])


def due(journal: Journal) -> list[Run]:
    """Return the runs whose other side nobody looks after just now. A rehearsal goes back within minutes."""
    windows = journal.runs(states=["window"], limit=500, dry_run=False)
    idle = journal.runs(states=MAY_WAIT, limit=500, dry_run=False)
    waiting = [run for run in idle if waits_for(journal.events(run.run_id))]
    return [run for run in windows + waiting if run.strategy in strategies.NAMES]
