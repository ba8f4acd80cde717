"""Constraints that nobody has validated and indexes that cannot be used, beyond those that were there at first."""

from __future__ import annotations

from collections.abc import Iterator

from cutover import sqlfiles
from cutover.context import RunContext
from cutover.journal.check import Check
from cutover.observing import verdicts
from cutover.observing.subject import Subject

NAMED = 3
KEPT = 500


def take(ctx: RunContext, of: Subject) -> Iterator[Check]:
    """Compare with the first look: what was so when the run had just been verified was meant to be so."""
    with ctx.open(of.live, "observe", statement_timeout=of.timeout) as db:
        found = sorted(row[1] for row in db.execute(sqlfiles.text("stop_the_world/invalid").encode()).fetchall())
    before = of.before("OBSERVE_INVALID")
    known = before["known"] if "known" in before else found[:KEPT]
    new = [name for name in found if name not in set(known)]
    text = f"{len(new)} not validated or not usable: {', '.join(new[:NAMED])}" if new else "all that came since hold"
    text += f" ({len(known)} did not at first)" if known else ""
    limit, figures = of.thresholds.violations, {"known": known, "found": new[:KEPT]}
    yield verdicts.judged("OBSERVE_INVALID", len(new), limit, text, unit="objects", figures=figures)
