"""All that the page of a run shows, in one answer: it asks every two seconds while the run goes on."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Request

from cutover.api import checks, events, progress, runs, shapes
from cutover.api.access import ReadableRun
from cutover.api.store import JournalDep
from cutover.approvals.asked import open_questions
from cutover.approvals.signing import signatures
from cutover.journal.records import Run
from cutover.journal.store import Journal

router = APIRouter()


@router.get("/runs/{run_id}/overview")
def overview(run: ReadableRun, request: Request, user: GetUserDep, journal: JournalDep) -> dict[str, Any]:
    """Join what the routes of one run answer, and add its steps."""
    return {
        **runs.one(run, request, user, journal),
        "steps": [shapes.step_shape(step) for step in journal.steps(run.run_id)],
        "progress": progress.progress(run, journal)["progress"],
        "checks": checks.checks(run, journal)["checks"],
        **_asked(run, journal),
        **events.events(run, journal, limit=200),
    }


def _asked(run: Run, journal: Journal) -> dict[str, Any]:
    told = journal.events(run.run_id)
    return {
        "questions": [shapes.question_shape(question) for question in open_questions(told)],
        "signatures": [shapes.signature_shape(signature) for signature in signatures(run, told)],
    }
