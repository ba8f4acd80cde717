"""Waits for locks on the live side."""

from __future__ import annotations

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.journal.check import Check
from cutover.messages.words import span
from cutover.observing import verdicts
from cutover.observing.subject import Subject

NAMED = 3


def ask(ctx: RunContext, db: Db, of: Subject) -> Check:
    """Judge the longest wait; who waits and for whom is told by number and name, never by what they run."""
    limit = of.thresholds.lock_wait.total_seconds()
    waits = db.execute(sqlfiles.text("observe/lock_waits").encode()).fetchall()
    longest = float(waits[0][0]) if waits else 0.0
    text = "nobody waits"
    if waits:
        named = "; ".join(
            f"{who} (pid {pid}) for {span(seconds)}, held up by {', '.join(map(str, by)) or 'nobody any more'}"
            for seconds, pid, who, by in waits[:NAMED]
        )
        text = f"{len(waits)} wait: {named}"
    return verdicts.judged("OBSERVE_LOCKS", longest, limit, text, unit="s", figures={"waiting": len(waits)})
