"""What happened in a run, by whom, when."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from cutover.api import shapes
from cutover.api.access import ReadableRun
from cutover.api.store import JournalDep

router = APIRouter()


@router.get("/runs/{run_id}/events")
def events(run: ReadableRun, journal: JournalDep, limit: Annotated[int, Query(ge=1, le=2000)] = 300) -> dict[str, Any]:
    """List the latest ``limit`` events, newest first, and say how many there are."""
    found = journal.events(run.run_id)
    return {"events": [shapes.event_shape(event) for event in reversed(found[-limit:])], "total": len(found)}
