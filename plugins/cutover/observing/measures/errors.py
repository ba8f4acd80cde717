"""The error rate, as the server sees it: transactions that were rolled back, of all, since the last look.

A server does not know an error from a ROLLBACK on purpose. So what was usual before the cutover is taken off, and half
as much again, since it is never the same. The application's own figure is better: see ``observe.queries``.
"""

from __future__ import annotations

from typing import NamedTuple

import psycopg

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.errors import ConnectionRefused
from cutover.journal.check import Check
from cutover.observing import verdicts
from cutover.observing.subject import Subject

# Fewer say nothing: they are counted together with those that come until the next look.
LEAST = 100
# So many before the cutover show what is usual.
ENOUGH = 1000
VARIES = 1.5


class Counters(NamedTuple):
    """What a database has counted since it began to."""

    commits: int
    rollbacks: int
    deadlocks: int

    @property
    def total(self) -> int:
        return self.commits + self.rollbacks

    @property
    def percent(self) -> float:
        return 100 * self.rollbacks / self.total if self.total else 0.0


def ask(ctx: RunContext, db: Db, of: Subject) -> Check:
    """Judge what was added since the counters were looked at the last time."""
    now, before = _counters(db), of.before("OBSERVE_ERRORS")
    usual = float(before["usual"]) if "usual" in before else _usual(ctx, of, now)
    if not before:
        return _begun(now, usual, f"counted from now on; {usual:.2f} % were usual before")
    since = Counters(*(new - int(before[name]) for name, new in now._asdict().items()))
    if min(since) < 0:
        return _begun(now, usual, "the server has begun to count anew")
    if since.total < LEAST:
        # Goes on from the old counters: what is rare is judged all the same, only later.
        kept = Counters(*(int(before[name]) for name in now._fields))
        return _begun(kept, usual, f"{since.total} transactions are too few to judge")
    limit = of.thresholds.error_rate_percent
    beyond = max(since.percent - VARIES * usual, 0.0)
    text = f"{since.percent:.2f} % of {since.total:,} transactions were rolled back"
    text += f", where {usual:.2f} % are usual" if usual else ""
    text += f"; {since.deadlocks} deadlocks" if since.deadlocks else ""
    figures = {"usual": usual, "percent": round(since.percent, 4), **now._asdict()}
    return verdicts.judged("OBSERVE_ERRORS", beyond, limit, text, unit="%", figures=figures)


def _begun(counters: Counters, usual: float, text: str) -> Check:
    return verdicts.found("OBSERVE_ERRORS", True, text, figures={"usual": usual, **counters._asdict()})


def _usual(ctx: RunContext, of: Subject, live: Counters) -> float:
    """Return the percentage before the cutover, by the database that was live then."""
    known = live
    if ctx.source_info != of.live:
        try:
            with ctx.source("observe", statement_timeout=of.timeout) as db:
                known = _counters(db)
        except (ConnectionRefused, psycopg.Error) as error:
            ctx.log.warning("what error rate was usual before the cutover cannot be told: %s", error)
            return 0.0
    return round(known.percent, 4) if known.total >= ENOUGH else 0.0


def _counters(db: Db) -> Counters:
    row = db.execute(sqlfiles.text("observe/transactions").encode()).fetchone()
    assert row is not None, "every database has its counters"
    return Counters(*row)
