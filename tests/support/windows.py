"""Runs in their rollback window, without any database to roll back: for what people are asked there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from support.dag_runs import Stage, run_dag


class Window:
    """A run of ``trial`` that is live; ``more`` overrides parts of its spec."""

    def __init__(self, stage: Stage, *, left: timedelta = timedelta(0), dry_run: bool = False, **more: Any) -> None:
        self.stage = stage
        self.journal = stage.journal
        stage.spec(**more)
        self.run_id = stage.begin("trial.1", dry_run=dry_run).run_id
        self.journal.mark_swapped(self.run_id, left)
        self.journal.set_state(self.run_id, "window")

    def run(self, dag_id: str, **conf: Any) -> dict[str, Any]:
        """Run a DAG for this run to its end."""
        return run_dag(self.stage.load(dag_id), {"run": self.run_id, **conf})

    def by_the_clock(self, dag_id: str) -> dict[str, Any]:
        """Run a DAG that finds by itself what is to be done."""
        return run_dag(self.stage.load(dag_id), {})

    def told(self, kind: str) -> list[str]:
        """Return the texts of the run's events."""
        return [event.text for event in self.journal.events(self.run_id, kind=kind)]

    @property
    def state(self) -> str:
        return self.journal.get_run(self.run_id).state
