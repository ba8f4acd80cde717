"""The side that follows: whether going back would lose something, and how far behind it is."""

from __future__ import annotations

from collections.abc import Iterator

from cutover import strategies
from cutover.context import RunContext
from cutover.journal.check import Check
from cutover.observing import verdicts
from cutover.observing.subject import Subject


def take(ctx: RunContext, of: Subject) -> Iterator[Check]:
    """Ask the run's engine. Where nothing follows at all, that is no fault, but going back loses something."""
    before = of.before("OBSERVE_WAY_BACK").get("mark") or {}
    now = strategies.of(ctx).observe.behind(ctx, before)
    figures = {"harmful": bool(now.broken), "mark": dict(now.mark)}
    fine = not now.broken or now.seconds is None
    text = "; ".join(now.broken) or "the other side follows"
    yield verdicts.found("OBSERVE_WAY_BACK", fine, text, figures=figures)
    if now.seconds is not None:
        limit = of.thresholds.lag.total_seconds()
        yield verdicts.judged("OBSERVE_LAG", now.seconds, limit, now.text, unit="s")
