"""What Prometheus scrapes. Its own token opens it, and nothing else: a scraper has no login of Airflow's."""

from __future__ import annotations

import hmac
import os

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from cutover.api.store import JournalDep

TOKEN = "CUTOVER_METRICS_TOKEN"
SHORTEST = 16
router = APIRouter()


def scraper(request: Request) -> None:
    """Let pass whoever knows the token; without one in the environment there are no metrics here."""
    token = os.environ.get(TOKEN, "")
    if len(token) < SHORTEST:
        raise HTTPException(404, f"no metrics: {TOKEN} is not set on the API server, or shorter than {SHORTEST}")
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise HTTPException(401, "not the token of the metrics", {"WWW-Authenticate": "Bearer"})


@router.get("/metrics", dependencies=[Depends(scraper)])
def metrics(journal: JournalDep) -> Response:
    """Return everything as Prometheus' text format."""
    # Here, so that the pages do not load it.
    from cutover.metrics import CONTENT_TYPE, exposition

    return Response(exposition(journal), media_type=CONTENT_TYPE)
