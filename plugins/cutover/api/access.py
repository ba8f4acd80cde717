"""Who may see and steer a run: whoever may read or change the runs of its DAG, says Airflow's auth manager."""

from __future__ import annotations

import re
from typing import Annotated, Any

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import Depends, HTTPException, Request

from cutover.api.actions import dag_of
from cutover.api.faults import CrossSiteRequest, NotJson, RunNotFound
from cutover.api.store import JournalDep
from cutover.journal.errors import RunUnknown
from cutover.journal.records import Run

# What no run can be called is not asked of the database (a NUL in a parameter would be its error, not ours).
PLAUSIBLE_ID = re.compile(r"[\w.:+~-]{1,250}")


def may(request: Request, user: BaseUser, method: str, dag_id: str) -> bool:
    """Ask the auth manager whether ``user`` may ``GET``, ``PUT`` or ``POST`` the runs of ``dag_id``."""
    try:
        requires_access_dag(method, DagAccessEntity.RUN, dag_id)(request, user)  # type: ignore[arg-type]
    except HTTPException:
        return False
    return True


def offer(request: Request, user: BaseUser, action: dict[str, Any]) -> dict[str, Any]:
    """Add to an action of :mod:`cutover.api.actions` whether the user may trigger its DAG."""
    return {**action, "allowed": may(request, user, "POST", action["dag_id"])}


def readable_run(run_id: str, request: Request, user: GetUserDep, journal: JournalDep) -> Run:
    """Load the run that the path names.

    :raises RunNotFound: there is none, or the user may not read its DAG.
    """
    missing = RunNotFound(f"there is no run {run_id!r}.", fix="choose one from the list of the page Migrations.")
    if not PLAUSIBLE_ID.fullmatch(run_id):
        raise missing
    try:
        run = journal.get_run(run_id)
    except RunUnknown:
        raise missing from None
    if not may(request, user, "GET", dag_of(run)):
        raise missing
    return run


def steerable_run(request: Request, user: GetUserDep, run: ReadableRun) -> Run:
    """Load the run that the path names, for a user who may change it (else 403)."""
    if not may(request, user, "PUT", dag_of(run)):
        raise HTTPException(403, f"changing runs of the DAG {dag_of(run)!r} is not allowed to you")
    return run


def same_site_json(request: Request) -> None:
    """Let pass only what a form on another site cannot send: JSON, and not across sites.

    The session cookie is ``SameSite=Lax`` already; this does not depend on it.
    """
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise CrossSiteRequest("the request came from another site.", fix="use the page inside Airflow.")
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise NotJson("the body is not declared as JSON.", fix="send Content-Type: application/json.")


ReadableRun = Annotated[Run, Depends(readable_run)]
SteerableRun = Annotated[Run, Depends(steerable_run)]
