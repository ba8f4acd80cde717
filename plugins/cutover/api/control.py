"""Live settings of a run: pause, resume, speed. The engine reads them before each batch."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from cutover.api import shapes
from cutover.api.access import ReadableRun, SteerableRun, same_site_json
from cutover.api.faults import ChangeRefused, RunIsOver
from cutover.api.store import JournalDep
from cutover.journal.errors import ControlRefused

router = APIRouter()


class ControlChange(BaseModel):
    """What to change; a key that is left out stays as it is, null goes back to the spec's own value.

    The journal knows the limits; here only the types are held to.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    paused: bool = False
    batch_rows: int | None = None
    pause_seconds: float | None = None
    workers: int | None = None


@router.get("/runs/{run_id}/control")
def show(run: ReadableRun, journal: JournalDep) -> dict[str, Any]:
    """Show the live settings and what the spec plans."""
    return shapes.control_shape(journal.control(run.run_id), run)


@router.post("/runs/{run_id}/control", dependencies=[Depends(same_site_json)])
def change(change: ControlChange, run: SteerableRun, user: GetUserDep, journal: JournalDep) -> dict[str, Any]:
    """Change settings in the user's name; they are in force from the next batch on."""
    if run.terminal:
        raise RunIsOver(
            f"run {run.run_id!r} has ended ({run.state}); there is nothing to pause or to speed up.",
            fix="start the migration again to work on it.",
        )
    try:
        control = journal.set_control(run.run_id, user.get_name(), **change.model_dump(exclude_unset=True))
    except ControlRefused as error:
        raise ChangeRefused(error.what, fix=error.fix) from None
    return shapes.control_shape(control, run)
