"""What the journal keeps of a run's steps."""

from __future__ import annotations

from typing import Any

from cutover.journal.records import Run
from cutover.journal.store import Journal


def figures_of(journal: Journal, run: Run | None, step: str) -> dict[str, Any]:
    """Return the figures of the last attempt of a step that was done; none where it never was."""
    steps = journal.steps(run.run_id) if run else []
    return next((each.detail for each in reversed(steps) if each.name == step and each.state == "done"), {})
