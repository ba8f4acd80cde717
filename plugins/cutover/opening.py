"""Open a run for the engine: from the journal alone, so that it works when the spec's files have changed or gone."""

from __future__ import annotations

import logging

from cutover.connections import Resolver
from cutover.context import CancelToken, RunContext
from cutover.journal.records import new_run_id
from cutover.journal.store import Journal
from cutover.rehearsal.staging import resolver_of
from cutover.spec.models import Migration

JOURNAL = "cutover_journal"


def open_run(
    run_id: str,
    journal: Journal,
    resolve: Resolver,
    spec: Migration | None = None,
    *,
    log: logging.Logger | None = None,
    cancel: CancelToken | None = None,
) -> RunContext:
    """Return the context of an existing run.

    :param resolve: how connections are resolved; in a rehearsal those of staging stand for the migration's own.
    :param spec: only where it is at hand; by default what the run began with, as the journal kept it.
    :raises RunUnknown: no such run.
    :raises SpecError: the run was begun by a release whose specs this one does not understand.
    """
    run = journal.get_run(run_id)
    known = resolver_of(run, journal, resolve)
    return _context(run.run_id, spec or Migration.from_snapshot(run.spec), journal, known, log, cancel)


def open_draft(
    spec: Migration,
    journal: Journal,
    resolve: Resolver,
    *,
    log: logging.Logger | None = None,
    cancel: CancelToken | None = None,
) -> RunContext:
    """Return a context for looking ahead (preflight, plan). No journal knows its run id: nothing is written for it."""
    return _context(new_run_id(spec.name), spec, journal, resolve, log, cancel)


def _context(
    run_id: str,
    spec: Migration,
    journal: Journal,
    resolve: Resolver,
    log: logging.Logger | None,
    cancel: CancelToken | None,
) -> RunContext:
    logger = log or logging.getLogger("cutover")
    return RunContext(run_id, spec, journal, resolve, logger, cancel or CancelToken())
