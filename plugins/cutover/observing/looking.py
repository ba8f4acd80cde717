"""One look at a run in its window: all measures at once, each for as long as there is patience, none hiding another.

Nothing is changed but a beat where one side follows the other by replication.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import psycopg

from cutover.connections import ConnectionInfo, Resolver
from cutover.context import RunContext
from cutover.errors import ConnectionRefused
from cutover.journal.check import Check
from cutover.observing import clock, verdicts
from cutover.observing.looks import Look
from cutover.observing.measures import baseline, count, invalid, own, probes, session, suites, way_back
from cutover.observing.subject import Subject
from cutover.observing.together import Work, together

CONNECT_SECONDS = 5


def look(ctx: RunContext, earlier: Sequence[Look] = (), *, counting: bool = True) -> Look:
    """Look once.

    :param earlier: the looks before this one, the oldest first: rates come from what has changed since.
    :param counting: count rows and run suites as well, which reads whole tables.
    :raises Cancelled: an operator stopped it.
    """
    began, at = time.monotonic(), clock.now()
    quick = replace(ctx, resolve=_hurried(ctx.resolve))
    of = Subject.of(quick, list(earlier), at)
    up = _up(quick, of)
    works = probes.works(of)
    if up.ok:
        works += [*_works(), *own.works(of), *(_counts(of) if counting else [])]
    found = together(quick, of, works)
    return Look(at, [up, *found], counted=counting and up.ok, seconds=time.monotonic() - began)


def _works() -> list[Work]:
    """Return what asks the live side, or both, in a moment."""
    return [
        Work(tuple(kind for kind, _ in session.ASKED), session.take),
        Work(("OBSERVE_QUERIES",), baseline.take),
        Work(("OBSERVE_WAY_BACK", "OBSERVE_LAG"), way_back.take),
        Work(("OBSERVE_INVALID",), invalid.take),
    ]


def _counts(of: Subject) -> list[Work]:
    """Return what reads whole tables."""
    seconds = of.rules.count_patience.total_seconds()
    return [Work(("OBSERVE_COUNT",), count.take, seconds), Work(("OBSERVE_SUITES",), suites.take, seconds)]


def _up(ctx: RunContext, of: Subject) -> Check:
    """See first that the live side answers: without it, everything else would only wait in vain."""
    began = time.monotonic()
    try:
        with ctx.open(of.live, "observe", statement_timeout=of.timeout) as db:
            db.execute("SELECT 1")
    except (ConnectionRefused, psycopg.Error) as error:
        said = error.what if isinstance(error, ConnectionRefused) else str(error).strip().splitlines()[0]
        return verdicts.found("OBSERVE_UP", False, f"does not answer: {said}")
    milliseconds = (time.monotonic() - began) * 1000
    return verdicts.found(
        "OBSERVE_UP", True, f"answers after {milliseconds:.0f} ms", figures={"milliseconds": round(milliseconds)}
    )


def _hurried(resolve: Resolver) -> Resolver:
    """Wait for no server for longer than seconds; what has its own time-out keeps it."""
    return partial(_quick, resolve)


def _quick(resolve: Callable[[str], ConnectionInfo], conn_id: str) -> ConnectionInfo:
    info = resolve(conn_id)
    if info.kind != "postgres":
        return info
    return replace(info, extra={"connect_timeout": str(CONNECT_SECONDS), **info.extra})
