"""Time the same queries on both sides, in turns, until the timings say something or the time is up."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from cutover.connections import ConnectionInfo
from cutover.journal.check import Check
from cutover.postgres.connect import connect
from cutover.validation.baseline import verdicts
from cutover.validation.baseline.noise import SURE_PAIRS, Verdict, judge
from cutover.validation.baseline.queries import Query, split

if TYPE_CHECKING:
    from cutover.context import CancelToken

FEWEST = 7
EXPLAIN = "EXPLAIN (ANALYZE, VERBOSE, TIMING OFF, BUFFERS OFF, FORMAT JSON) "


@dataclass(frozen=True, slots=True)
class BaselineSide:
    """One side: where it is, and in which schemas plain names are looked up (the shadow's before the live one's)."""

    name: str
    info: ConnectionInfo
    search_path: tuple[str, ...] = ("public",)


@dataclass(slots=True)
class Sample:
    """The timings of one query, in milliseconds, in pairs; and the last plan of each side."""

    left: list[float]
    right: list[float]
    left_plan: dict[str, Any]
    right_plan: dict[str, Any]


def run(
    left: BaselineSide,
    right: BaselineSide,
    queries: str,
    *,
    tolerance: float = 0.10,
    seconds: float = 10.0,
    timeout: float = 30.0,
    cancel: CancelToken | None = None,
) -> list[Check]:
    """Compare the sides by every query of a file.

    A query is executed on the server by EXPLAIN ANALYZE, so that neither the network nor the client is measured.
    First once on each side, to warm up; then in pairs, each time in the other order. What is found slower is measured
    once more in new sessions: one process can be slower than the other for as long as it lives, by where it runs and
    what lies where in its memory.

    :param queries: SELECTs, separated by semicolons; ``-- name: ...`` before one names it.
    :param tolerance: accepted slow-down (0.10: 10 %).
    :param seconds: for one query at most, once the fewest pairs are there; noise that is too high by then is reported.
    :param timeout: after which one execution is cancelled; a query that takes longer cannot be judged.
    :returns: a ``BASELINE`` check for each query, and ``BASELINE_PLAN`` where the plan's shape changed.
    """
    checks = []
    with session(left, timeout, cancel) as old, session(right, timeout, cancel) as new:
        for query in split(queries):
            try:
                sample, verdict = _measure(old, new, query, tolerance, seconds)
                if verdict.outcome == "slower":
                    with session(right, timeout, cancel) as new_again, session(left, timeout, cancel) as old_again:
                        sample, verdict = _measure(old_again, new_again, query, tolerance, seconds)
                    if verdict.outcome == "fine":
                        verdict = replace(verdict, outcome="noisy")
            except psycopg.errors.QueryCanceled:
                if cancel:
                    cancel.check()
                checks.append(verdicts.timed_out(query, timeout))
            except psycopg.Error as error:
                checks.append(verdicts.broken(query, error))
            else:
                same = left.info == right.info
                checks += verdicts.checks(query, verdict, (sample.left_plan, sample.right_plan), tolerance, same)
    return checks


@contextlib.contextmanager
def session(side: BaselineSide, timeout: float, cancel: CancelToken | None) -> Iterator[psycopg.Connection[Any]]:
    """Open a session that cannot write, in which plain names mean the side's tables.

    :param timeout: seconds after which a statement is cancelled.
    """
    path = ", ".join(sql.Identifier(schema).as_string() for schema in side.search_path)
    limit = str(round(timeout * 1000))
    opened = connect(
        side.info,
        application="cutover/baseline",
        search_path=path,
        statement_timeout=limit,
        default_transaction_read_only="on",
    )
    with opened as db, cancel.watch(db) if cancel else contextlib.nullcontext():
        yield db


def _measure(
    old: psycopg.Connection[Any], new: psycopg.Connection[Any], query: Query, tolerance: float, seconds: float
) -> tuple[Sample, Verdict]:
    (_, left_plan), (_, right_plan) = once(old, query), once(new, query)
    sample = Sample([], [], left_plan, right_plan)
    deadline = time.monotonic() + seconds
    wanted = FEWEST
    while True:
        while len(sample.left) < wanted:
            _pair(old, new, query, sample)
        verdict = judge(sample.left, sample.right, tolerance)
        late = time.monotonic() > deadline
        suspicious = verdict.low > 1 + tolerance and wanted < SURE_PAIRS
        if verdict.outcome != "noisy" or (late and not suspicious):
            return sample, verdict
        # Few looks: each is a chance to be misled. A slow query that seems to be slower gets as many as it takes.
        wanted = SURE_PAIRS if late else wanted + wanted // 2


def _pair(old: psycopg.Connection[Any], new: psycopg.Connection[Any], query: Query, sample: Sample) -> None:
    # Each time in the other order: whoever comes second finds warmer caches.
    if len(sample.left) % 2:
        right, sample.right_plan = once(new, query)
        left, sample.left_plan = once(old, query)
    else:
        left, sample.left_plan = once(old, query)
        right, sample.right_plan = once(new, query)
    sample.left.append(left)
    sample.right.append(right)


def once(db: psycopg.Connection[Any], query: Query) -> tuple[float, dict[str, Any]]:
    """Execute on the server; return the milliseconds and the plan."""
    row = db.execute(EXPLAIN + query.text).fetchone()  # type: ignore[call-overload]
    assert row is not None, "EXPLAIN has one row"
    return float(row[0][0]["Execution Time"]), row[0][0]["Plan"]
