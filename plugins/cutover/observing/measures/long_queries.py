"""Queries that run for long on the live side."""

from __future__ import annotations

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.journal.check import Check
from cutover.messages.words import span
from cutover.observing import verdicts
from cutover.observing.subject import Subject

NAMED = 3


def ask(ctx: RunContext, db: Db, of: Subject) -> Check:
    """Judge the longest that runs just now; told by number and name, never by its text, which may hold anything."""
    limit = of.thresholds.long_query.total_seconds()
    rows = db.execute(sqlfiles.text("observe/active").encode()).fetchall()
    hidden = sum(1 for seconds, *_ in rows if seconds is None)
    running = [(float(seconds), pid, who) for seconds, pid, who in rows if seconds is not None]
    if hidden and not running:
        why = f"{hidden} sessions of other roles cannot be seen: GRANT pg_read_all_stats TO {of.live.user}"
        return verdicts.untaken("OBSERVE_LONG_QUERY", why)
    longest = running[0][0] if running else 0.0
    slow = [each for each in running if each[0] > limit]
    shown = slow[:NAMED] or running[:1]
    named = "; ".join(f"{who} (pid {pid}) for {span(seconds)}" for seconds, pid, who in shown)
    text = f"{len(running)} run, the longest: {named}" if named else "no query runs"
    figures = {"running": len(running), "slow": len(slow)}
    return verdicts.judged("OBSERVE_LONG_QUERY", longest, limit, text, unit="s", figures=figures)
