"""What the router says of itself, and whether its configuration can be changed from here."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from cutover.connections import ConnectionInfo
from cutover.errors import CutoverError
from cutover.postgres.preflight_pair.facts import RouterFacts
from cutover.routing import Place, inifile
from cutover.routing.pgbouncer import PgBouncerRouter


def look(info: ConnectionInfo, blue: ConnectionInfo) -> RouterFacts:
    """Return what PgBouncer answers; a router that does not answer is a fact, too."""
    try:
        router = PgBouncerRouter(info)
    except CutoverError as error:
        return RouterFacts(info.label(), error.what, error.fix)
    with contextlib.closing(router):
        try:
            return _answers(router, blue)
        except CutoverError as error:
            return RouterFacts(info.label(), error.what, error.fix)


def _answers(router: PgBouncerRouter, blue: ConnectionInfo) -> RouterFacts:
    said, settings = router.version(), router.settings()
    entry, problem = _entry(router)
    return RouterFacts(
        label=f"{router.database} of {router.info.label()}",
        version=tuple(int(part) for part in re.findall(r"\d+", said)[:3]),
        version_text=said,
        leads_to=str(router.where()),
        expected=str(Place.of(blue)),
        paused=router.paused(),
        pool_mode=entry.get("pool_mode") or settings.get("pool_mode", ""),
        config=str(router.config),
        config_problem=problem,
        prepared_statements=int(settings.get("max_prepared_statements") or 0),
        clients=router.traffic().clients,
    )


def _entry(router: PgBouncerRouter) -> tuple[dict[str, str], str | None]:
    """Return the entry of the configuration file, and why it could not be changed."""
    try:
        entry = inifile.entry(router.config, router.database)
    except CutoverError as error:
        return {}, error.what
    folder = Path(router.config).resolve().parent
    if not os.access(folder, os.W_OK | os.X_OK):
        return entry, f"the folder {folder} cannot be written to by the account that runs this"
    return entry, None
