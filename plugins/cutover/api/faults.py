"""The errors of the API, and how each becomes an answer: JSON for the pages, a small page for a browser."""

from __future__ import annotations

import logging

import psycopg
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from cutover.api import pages
from cutover.errors import ConnectionRefused, CutoverError
from cutover.journal import errors as journal_errors

log = logging.getLogger(__name__)

JOURNAL_CONN_ID = "cutover_journal"


class ApiFault(CutoverError):
    """An error with an HTTP status; ``what`` and ``fix`` go to the user and never hold connection data."""

    code = "API000"
    status = 400


class JournalNotReady(ApiFault):
    """The journal's database cannot be reached, or lacks its tables."""

    code = "API001"
    status = 503


class ConnectionMissing(ApiFault):
    """Airflow has no connection of this id."""

    code = "API008"
    status = 503


class RunNotFound(ApiFault):
    """No such run, or one that this user may not see: the two look the same from outside."""

    code = "API002"
    status = 404


class DocumentNotFound(ApiFault):
    """The run has no document of this name."""

    code = "API003"
    status = 404


class RunIsOver(ApiFault):
    """A run that has ended takes no more orders."""

    code = "API004"
    status = 409


class CrossSiteRequest(ApiFault):
    """A write that was sent from another site."""

    code = "API005"
    status = 403


class NotJson(ApiFault):
    """A write whose body is not declared as JSON."""

    code = "API006"
    status = 415


class ChangeRefused(ApiFault):
    """A live setting with a value that makes no sense."""

    code = "API007"
    status = 422


def not_ready(error: Exception) -> JournalNotReady:
    """Turn a failure of the journal into one that may be shown: its own text names hosts, which go to the log alone."""
    log.warning("the journal failed: %s: %s", type(error).__name__, error)
    if isinstance(error, journal_errors.JournalMissing):
        return JournalNotReady(
            f"the database behind the Airflow connection {JOURNAL_CONN_ID!r} has no journal that fits this version.",
            fix="run `python -m cutover journal` once, or start a migration: either creates or upgrades its tables.",
        )
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return JournalNotReady(
            f"the login of the Airflow connection {JOURNAL_CONN_ID!r} may not use the journal's tables.",
            fix="use the login that owns the schema cutover_journal, or grant it the schema's usage and tables.",
        )
    return JournalNotReady(
        f"the journal cannot be reached through the Airflow connection {JOURNAL_CONN_ID!r}.",
        fix=(
            f"check host, port, login, password and schema of {JOURNAL_CONN_ID!r} (Admin, Connections, or "
            f"AIRFLOW_CONN_{JOURNAL_CONN_ID.upper()}) and that its server is up; the API server's log has the details."
        ),
    )


def install(app: FastAPI) -> None:
    """Register the handlers of this module with ``app``."""
    app.add_exception_handler(ApiFault, _fault)
    app.add_exception_handler(HTTPException, _http)
    for kind in (journal_errors.JournalUnavailable, journal_errors.JournalMissing, ConnectionRefused, psycopg.Error):
        app.add_exception_handler(kind, _journal)


def _fault(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiFault)
    return answer(request, error.status, error.code, error.what, error.fix)


def _journal(request: Request, error: Exception) -> Response:
    return _fault(request, not_ready(error))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return answer(request, error.status_code, f"HTTP{error.status_code}", str(error.detail), None)


def answer(request: Request, status: int, code: str, what: str, fix: str | None) -> Response:
    """Say ``what`` went wrong and what mends it, in the form that the client asked for."""
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(pages.error_page(status, code, what, fix), status)
    return JSONResponse({"code": code, "what": what, "fix": fix, "detail": what}, status)
