"""How far a run is: each step's items with rate and time left, as the engine last wrote them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from cutover.api import shapes
from cutover.api.access import ReadableRun
from cutover.api.store import JournalDep

router = APIRouter()


@router.get("/runs/{run_id}/progress")
def progress(run: ReadableRun, journal: JournalDep) -> dict[str, Any]:
    """List the items of all steps in the order in which they began."""
    return {"state": run.state, "progress": [shapes.progress_shape(p) for p in journal.get_progress(run.run_id)]}
