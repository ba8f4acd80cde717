"""In how many rows the side that follows differs from the live one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cutover import strategies
from cutover.context import RunContext
from cutover.errors import Cancelled
from cutover.journal.check import Check
from cutover.messages.words import plural
from cutover.observing import verdicts
from cutover.observing.subject import Subject
from cutover.postgres.follower import Differences

NAMED = 3


def take(ctx: RunContext, of: Subject) -> Iterator[Check]:
    """Compare as many tables as there is time for; what was not compared is said."""
    found: list[Differences] = []
    patience, stopped = of.rules.count_patience.total_seconds(), False
    try:
        for each in strategies.of(ctx).observe.differences(ctx):
            found.append(each)
    except Cancelled:
        stopped = True
    compared = [each for each in found if each.why is None]
    if not found and not stopped:
        return  # nothing follows
    if not compared:
        yield verdicts.untaken("OBSERVE_COUNT", _unseen(found, stopped, patience))
        return
    total = sum(each.total for each in compared)
    figures = {
        "lacking": sum(each.lacking for each in compared),
        "surplus": sum(each.surplus for each in compared),
        "changed": sum(each.changed for each in compared),
        "harmful": any(each.harmful for each in compared),
        "rows": sum(each.rows for each in compared),
        "tables": {each.table: each.total for each in compared if each.total},
    }
    said = [_text(compared), _unseen(found, stopped, patience)]
    text = "; ".join(each for each in said if each)
    yield verdicts.judged("OBSERVE_COUNT", total, of.thresholds.count_difference, text, unit="rows", figures=figures)


def _text(compared: Sequence[Differences]) -> str:
    differing = [each for each in compared if each.total]
    if not differing:
        return f"{sum(each.rows for each in compared):,} rows in {plural(len(compared), 'table')} on both sides"
    named = "; ".join(f"{each.table}: {_words(each)}" for each in differing[:NAMED])
    return f"{named}{' ...' if len(differing) > NAMED else ''}"


def _words(each: Differences) -> str:
    parts = (
        (each.lacking, "rows are not on the side that follows"),
        (each.surplus, "rows are not on the live side any more"),
        (each.changed, "rows have other values on the side that follows"),
    )
    return ", ".join(f"{number:,} {what}" for number, what in parts if number)


def _unseen(found: Sequence[Differences], stopped: bool, patience: float) -> str:
    parts = [f"{each.table} not compared: {each.why}" for each in found if each.why]
    if stopped:
        parts.append(f"{'the others took' if found else 'took'} longer than {patience:g} s")
    return "; ".join(parts)
