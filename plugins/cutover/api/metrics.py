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
    """Let pass whoever knows the token; without one in the environment nobody does."""
    token = os.environ.get(TOKEN, "")
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    known = scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())
    if len(token) < SHORTEST or not known:
        what = f"the metrics are opened by the token in {TOKEN}, of {SHORTEST} characters or more, and by nothing else"
        raise HTTPException(401, what, {"WWW-Authenticate": "Bearer"})


@router.get("/metrics", dependencies=[Depends(scraper)])
def metrics(journal: JournalDep) -> Response:
    """Return everything as Prometheus' text format."""
    # Here, so that the pages do not load it.
    from cutover.metrics import CONTENT_TYPE, exposition

    return Response(exposition(journal), media_type=CONTENT_TYPE)
