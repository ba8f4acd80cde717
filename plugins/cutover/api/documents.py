"""The documents of a run: plan, report. Served so that nothing in them can run or load anything."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from cutover.api.access import ReadableRun
from cutover.api.faults import DocumentNotFound
from cutover.api.pages import markdown_page
from cutover.api.store import JournalDep
from cutover.journal.errors import DocumentUnknown
from cutover.journal.records import Document

router = APIRouter()

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# Anything else is offered as a download, whatever the document says that it is.
SHOWN = frozenset({"text/html", "text/plain", "text/markdown", "application/json"})


@router.get("/runs/{run_id}/documents/{name:path}")
def document(
    run: ReadableRun,
    journal: JournalDep,
    name: str,
    raw: bool = False,
    theme: Annotated[Literal["light", "dark"] | None, Query()] = None,
) -> Response:
    """Show a document; Markdown is rendered unless ``raw`` is asked for."""
    missing = DocumentNotFound(
        f"run {run.run_id!r} has no document {name!r}.",
        fix="the plan is written by the first step of a run, the reports when its checks have been made.",
    )
    if not NAME.fullmatch(name):
        raise missing
    try:
        return _response(journal.document(run.run_id, name), f"{run.title}: {name}", raw, theme)
    except DocumentUnknown:
        raise missing from None


def _response(found: Document, title: str, raw: bool, theme: str | None) -> Response:
    media_type = found.media_type.split(";")[0].strip().lower()
    if media_type == "text/markdown" and not raw:
        return HTMLResponse(markdown_page(title, found.body.decode("utf-8", "replace"), theme))
    if media_type not in SHOWN:
        return Response(
            found.body,
            media_type="application/octet-stream",
            headers={"Content-Disposition": f'attachment; filename="{found.name}"'},
        )
    return Response(found.body, media_type=f"{media_type}; charset=utf-8")
