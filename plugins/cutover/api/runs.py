"""Runs: the list, one run, and the run that belongs to an Airflow DAG run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import APIRouter, Depends, Query, Request

from cutover.api import actions, shapes
from cutover.api.access import ReadableRun, may, offer
from cutover.api.dag_runs import run_of_dag_run
from cutover.api.faults import RunNotFound
from cutover.api.store import JournalDep
from cutover.journal.records import Run
from cutover.journal.store import Journal

router = APIRouter()


@router.get("/runs")
def runs(
    request: Request,
    user: GetUserDep,
    journal: JournalDep,
    strategy: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    rehearsals: bool = False,
) -> dict[str, Any]:
    """List the latest runs, newest first, of the DAGs that the user may read.

    :param rehearsals: the nights and their rehearsals instead of what was done for real.
    """
    now = datetime.now(UTC)
    found = journal.runs(strategy=strategy, limit=limit, dry_run=rehearsals)
    readable = {dag: may(request, user, "GET", dag) for dag in {actions.dag_of(run) for run in found}}
    shown = [run for run in found if readable[actions.dag_of(run)]]
    rows = journal.rows("documents_of_runs", run_ids=[run.run_id for run in shown])
    documents = {row["run_id"]: row["names"] for row in rows}
    return {
        "runs": [
            {
                **shapes.run_shape(run, now),
                "actions": _offered(run, request, user),
                "documents": documents.get(run.run_id, []),
                "progress": _latest_progress(journal, run) if run.active else None,
            }
            for run in shown
        ]
    }


def _offered(run: Run, request: Request, user: BaseUser) -> dict[str, Any]:
    return {name: offer(request, user, action) for name, action in actions.for_run(run).items()}


def _latest_progress(journal: Journal, run: Run) -> dict[str, Any] | None:
    items = journal.get_progress(run.run_id)
    return shapes.progress_shape(max(items, key=lambda item: item.updated_at)) if items else None


@router.get("/run-of", dependencies=[Depends(requires_access_dag("GET", DagAccessEntity.RUN))])
def run_of(
    request: Request,
    user: GetUserDep,
    journal: JournalDep,
    dag_id: Annotated[str, Query(max_length=250)],
    dag_run_id: Annotated[str, Query(max_length=250)],
) -> dict[str, Any]:
    """Find the migration run that an Airflow DAG run works on: its own, or the one that its conf names."""
    run = run_of_dag_run(journal, dag_id, dag_run_id)
    if run is None or not may(request, user, "GET", actions.dag_of(run)):
        raise RunNotFound(
            "this DAG run has no migration run (yet).",
            fix="wait: the first task of a strategy's DAG enters its run in the journal.",
        )
    return {"run": shapes.run_shape(run, datetime.now(UTC))}


@router.get("/runs/{run_id}")
def one(run: ReadableRun, request: Request, user: GetUserDep, journal: JournalDep) -> dict[str, Any]:
    """Describe one run, what the user may do with it, and which documents it has."""
    return {
        "run": shapes.run_shape(run, datetime.now(UTC)),
        "may_control": not run.terminal and may(request, user, "PUT", actions.dag_of(run)),
        "actions": _offered(run, request, user),
        "control": shapes.control_shape(journal.control(run.run_id), run),
        "documents": [shapes.document_shape(document) for document in journal.documents(run.run_id)],
    }
