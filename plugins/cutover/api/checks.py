"""The verdicts of a run's checks, with their figures."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from cutover.api import shapes
from cutover.api.access import ReadableRun
from cutover.api.store import JournalDep

router = APIRouter()


@router.get("/runs/{run_id}/checks")
def checks(run: ReadableRun, journal: JournalDep) -> dict[str, Any]:
    """List the checks in the order in which they were made."""
    found = journal.checks(run.run_id)
    return {
        "checks": [shapes.check_shape(check) for check in found],
        "failed": sum(not check.ok and check.severity == "error" for check in found),
    }
