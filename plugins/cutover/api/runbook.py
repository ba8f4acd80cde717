"""The runbook of a run and its post-mortem draft, made at this moment: of a run that goes on, so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from cutover import runbook as documents
from cutover.api.access import ReadableRun
from cutover.api.store import JournalDep
from cutover.journal.store import Journal
from cutover.runbook.page import Page
from cutover.runbook.story import Story

router = APIRouter()
Format = Annotated[Literal["html", "md"], Query(alias="format")]


@router.get("/runs/{run_id}/runbook")
def runbook(run: ReadableRun, journal: JournalDep, form: Format = "html") -> Response:
    """Show what the run did."""
    return _answer(journal, run.run_id, documents.runbook, form)


@router.get("/runs/{run_id}/post-mortem")
def post_mortem(run: ReadableRun, journal: JournalDep, form: Format = "html") -> Response:
    """Show the draft of the run's post-mortem."""
    return _answer(journal, run.run_id, documents.post_mortem, form)


def _answer(journal: Journal, run_id: str, make: Callable[[Story], Page], form: str) -> Response:
    page = make(documents.read(journal, run_id))
    if form == "md":
        return Response(documents.to_markdown(page), media_type="text/markdown; charset=utf-8")
    return HTMLResponse(documents.to_html(page))
