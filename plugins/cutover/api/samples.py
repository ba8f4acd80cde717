"""How far the other side was behind, over time."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from cutover.api import shapes
from cutover.api.access import ReadableRun
from cutover.api.store import JournalDep
from cutover.observing import looks

router = APIRouter()


@router.get("/runs/{run_id}/samples")
def samples(
    run: ReadableRun, journal: JournalDep, limit: Annotated[int, Query(ge=1, le=10_000)] = 300
) -> dict[str, Any]:
    """List the latest ``limit`` samples of each series, the oldest first."""
    found = journal.samples(run.run_id, limit=limit)
    names = [name for name in dict.fromkeys(sample.series for sample in found) if name != looks.SERIES]
    return {"series": {name: [shapes.sample_shape(s) for s in found if s.series == name] for name in names}}
