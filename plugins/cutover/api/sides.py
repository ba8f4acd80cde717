"""Where the two sides of a run stand: keys that still wait for the other side, asked of the database itself.

The journal knows what a step last wrote; in an open rollback window no step runs for a minute at a time, so the page
looks for itself. It looks seldom and briefly, and for all viewers at once: this is the application's database.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg

from cutover.api.faults import ApiFault
from cutover.api.shapes import moment
from cutover.api.store import CONNECT_SECONDS, connection_info
from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.postgres import online
from cutover.spec.models import Migration

log = logging.getLogger(__name__)

LOOKERS: dict[str, Callable[[RunContext], dict[str, Any]]] = {"online": online.status}
FRESH_SECONDS = 4.0
STATEMENT_TIMEOUT = "3s"
_FIELDS = ("table", "phase", "live", "copied", "pending", "stuck")


class Glance(RunContext):
    """A context whose sessions give up early."""

    @contextlib.contextmanager
    def source(self, step: str, *, autocommit: bool = True, **settings: str) -> Iterator[psycopg.Connection[Any]]:
        quick = {"statement_timeout": STATEMENT_TIMEOUT, "lock_timeout": "500ms", **settings}
        with RunContext.source(self, step, autocommit=autocommit, **quick) as db:
            yield db


class Glances:
    """The latest look at each run. One thread looks at a time; whoever comes meanwhile is given the last look."""

    def __init__(self) -> None:
        self._looking = threading.Lock()
        self._known: dict[str, tuple[float, dict[str, Any]]] = {}

    def at(self, run: Run, journal: Journal) -> dict[str, Any]:
        """Return ``{"tables": [...] | None, "problem": str | None, "looked_at": time | None}``."""
        known = self._known.get(run.run_id)
        if known and time.monotonic() - known[0] < FRESH_SECONDS:
            return known[1]
        if not self._looking.acquire(blocking=False):
            return known[1] if known else {"tables": None, "problem": None, "looked_at": None}
        try:
            seen = look(run, journal)
            if len(self._known) > 100:
                self._known.clear()
            self._known[run.run_id] = (time.monotonic(), seen)
            return seen
        finally:
            self._looking.release()


def look(run: Run, journal: Journal) -> dict[str, Any]:
    """Ask the run's database once; a database that does not answer is a problem to show, not an error."""
    tables = problem = None
    try:
        context = Glance(run.run_id, Migration.from_snapshot(run.spec), journal, _quick, log)
        found = LOOKERS[run.strategy](context)["tables"]
        # Examples of refused rows hold keys and values of the application: they stay in the task's log.
        tables = [{name: table[name] for name in _FIELDS} for table in found]
    except (CutoverError, psycopg.Error) as error:
        log.warning("looking at the sides of %s failed: %s: %s", run.run_id, type(error).__name__, error)
        problem = _in_short(error)
    return {"tables": tables, "problem": problem, "looked_at": moment(datetime.now(UTC))}


def _quick(conn_id: str) -> ConnectionInfo:
    info = connection_info(conn_id)
    return replace(info, extra={"connect_timeout": CONNECT_SECONDS, **info.extra})


def _in_short(error: Exception) -> str:
    """Say what failed without the host and login that the error's own text may name."""
    if isinstance(error, ApiFault):
        return error.what
    if isinstance(error, psycopg.errors.QueryCanceled):
        return f"the database took longer than {STATEMENT_TIMEOUT} to answer"
    if isinstance(error, psycopg.errors.LockNotAvailable):
        return "the tables of the run are locked just now"
    return "the database cannot be asked just now; the API server's log says why"
