"""Flags for flagd, which polls them: one migration's document, sent again only when it says something else."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, Request
from fastapi.responses import Response

from cutover.api.access import may
from cutover.api.faults import answer
from cutover.api.store import CONNECT_SECONDS, connection_info
from cutover.flags import FlagStore, FlagStoreAway, FlagUnknown, publishing
from cutover.flags.flagd import definitions
from cutover.spec.errors import SpecError, SpecUnknown
from cutover.spec.loader import load

log = logging.getLogger(__name__)
router = APIRouter()


@router.get("/flags/{migration}/flagd.json")
def flagd(migration: str, request: Request, user: GetUserDep) -> Response:
    """Return flagd's document of a migration whose DAG the user may read; 304 where the client has it already."""
    try:
        spec = load(migration)
        if not may(request, user, "GET", spec.strategy):
            return _missing(request, migration)
        info = connection_info(spec.flags.store or spec.source)
        store = FlagStore(replace(info, extra={"connect_timeout": CONNECT_SECONDS, **info.extra}))
        text = publishing.text(definitions([store.get(spec.name)]))
    except (SpecUnknown, FlagUnknown):
        return _missing(request, migration)
    except (SpecError, FlagStoreAway) as error:
        # Its own text names files, or hosts, which go to the log alone.
        log.warning("the flag of %s: %s", migration, error)
        what = f"the flag of {migration!r} cannot be read now."
        return answer(request, 503, error.code, what, "the API server's log says why; clients keep what they have.")
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if _has(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(text, media_type="application/json", headers=headers)


def _has(request: Request, tag: str) -> bool:
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    return tag in known or "*" in known


def _missing(request: Request, migration: str) -> Response:
    """No such flag, or one that this user may not see: the two look the same from outside."""
    what = f"there is no flag for the migration {migration[:80]!r}."
    return answer(request, 404, "FLG001", what, "the migration's run makes it; see its name.")
