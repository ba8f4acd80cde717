"""Where the two sides of a run stand, asked of the databases themselves: what waits, what is live, who is led where.

The journal knows what a step last wrote; in an open rollback window no step runs for a minute at a time, so the page
looks for itself. It looks seldom and briefly, and for all viewers at once: these are the application's databases.
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

from cutover import strategies
from cutover.api.faults import ApiFault
from cutover.api.shapes import moment
from cutover.api.store import CONNECT_SECONDS, connection_info
from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.journal.records import Run
from cutover.journal.store import Journal
from cutover.spec.models import Migration

log = logging.getLogger(__name__)

LOOKERS: dict[str, Callable[[RunContext], dict[str, Any]]] = {
    name: lambda ctx: strategies.of(ctx).status(ctx) for name in strategies.NAMES
}
FRESH_SECONDS = 4.0
AWAY = "cannot be asked just now"
STATEMENT_TIMEOUT = "3s"
_FIELDS = ("table", "phase", "live", "copied", "pending", "stuck")
_SIDE_FIELDS = ("live", "fence")
_FLAG_FIELDS = ("mode", "read_new", "shadow", "version", "held_for", "instances", "waiting")
NOBODY: dict[str, Any] = {"tables": None, "sides": None, "flag": None, "problem": None, "looked_at": None}


class Glance(RunContext):
    """A context whose sessions give up early."""

    @contextlib.contextmanager
    def open(
        self, info: ConnectionInfo, step: str, *, autocommit: bool = True, **settings: str
    ) -> Iterator[psycopg.Connection[Any]]:
        quick = {"statement_timeout": STATEMENT_TIMEOUT, "lock_timeout": "500ms", **settings}
        with RunContext.open(self, info, step, autocommit=autocommit, **quick) as db:
            yield db


class Glances:
    """The latest look at each run. One thread looks at a time; whoever comes meanwhile is given the last look."""

    def __init__(self) -> None:
        self._looking = threading.Lock()
        self._known: dict[str, tuple[float, dict[str, Any]]] = {}

    def at(self, run: Run, journal: Journal) -> dict[str, Any]:
        """Return ``{"tables": [...] | None, "sides": {...} | None, "flag": ..., "problem": ..., "looked_at": ...}``.

        ``tables`` where both sides are in one database, ``sides`` where there are two; ``flag`` where one decides, and
        then there is no router.
        """
        known = self._known.get(run.run_id)
        if known and time.monotonic() - known[0] < FRESH_SECONDS:
            return known[1]
        if not self._looking.acquire(blocking=False):
            return known[1] if known else NOBODY
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
    tables = sides = flag = problem = None
    try:
        context = Glance(run.run_id, Migration.from_snapshot(run.spec), journal, _quick, log)
        found = LOOKERS[run.strategy](context)
        # Examples of refused rows hold keys and values of the application: they stay in the task's log.
        if "tables" in found:
            tables = [{name: table[name] for name in _FIELDS} for table in found["tables"]]
        else:
            sides = _both(found)
        flag = _flag(found.get("flag"))
    except (CutoverError, psycopg.Error) as error:
        log.warning("looking at the sides of %s failed: %s: %s", run.run_id, type(error).__name__, error)
        problem = _in_short(error)
    seen = {"tables": tables, "sides": sides, "flag": flag, "problem": problem}
    return {**seen, "looked_at": moment(datetime.now(UTC))}


def _flag(found: dict[str, Any] | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"problem": AWAY} if "error" in found else {name: found[name] for name in _FLAG_FIELDS}


def _both(found: dict[str, Any]) -> dict[str, Any]:
    """Return two databases and the router, without hosts and logins that an error's own text may name."""
    # How far the run has come is kept on green; a window in place has one side only.
    sides = found["sides"] if found.get("form") == "in place" else ("blue", "green")
    last = found["sides"].get("green") or found["sides"].get("blue") or {}
    shown: dict[str, Any] = {"live": found["live"], "phase": last.get("phase")}
    for side in sides:
        one = found["sides"].get(side) or {"error": "unknown"}
        shown[side] = {"problem": AWAY} if "error" in one else {name: one[name] for name in _SIDE_FIELDS}
        shown[side]["sessions"] = (found["traffic"].get(side) or {}).get("sessions")
    traffic = found["traffic"]
    leads_to = traffic.get("leads_to")
    shown["router"] = {
        "leads_to": leads_to if leads_to in ("blue", "green", None) else "elsewhere",
        "paused": traffic.get("paused"),
        "clients": traffic.get("clients"),
        "problem": AWAY if "error" in traffic else None,
    }
    return shown


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
    return f"the database {AWAY}; the API server's log says why"
