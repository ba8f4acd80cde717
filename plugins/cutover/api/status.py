"""The live status of a run's two sides."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from cutover.api import sides
from cutover.api.access import ReadableRun
from cutover.api.store import JournalDep

router = APIRouter()
glances = sides.Glances()


@router.get("/runs/{run_id}/status")
def status(run: ReadableRun, journal: JournalDep) -> dict[str, Any]:
    """Say which side is live and what waits for the other one; nothing for a run that is over."""
    if run.terminal or run.strategy not in sides.LOOKERS:
        return sides.NOBODY
    return glances.at(run, journal)
