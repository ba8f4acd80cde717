"""The spec's own figures, asked of the live side."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from cutover.context import RunContext
from cutover.journal.check import Check
from cutover.observing import verdicts
from cutover.observing.errors import NotOneNumber
from cutover.observing.subject import Subject, search_path
from cutover.observing.together import Work
from cutover.spec.observing import OwnQuery
from cutover.validation.baseline import BaselineSide, measure


def works(of: Subject) -> list[Work]:
    """Return one for each query, so that a slow one holds up no other."""
    return [Work(("OBSERVE_OWN",), partial(_take, own), about=own.name) for own in of.rules.queries]


def _take(own: OwnQuery, ctx: RunContext, of: Subject) -> Iterator[Check]:
    text = ctx.spec.text(own.query)
    assert text is not None, "a file was named"
    # The session of a baseline: it cannot write, and plain names mean the live side's tables.
    with measure.session(BaselineSide("live", of.live, search_path(ctx)), of.patience, ctx.cancel) as db:
        rows = db.execute(text.encode()).fetchall()
    value = _number(own, rows)
    if value is None:
        yield verdicts.untaken("OBSERVE_OWN", "there is nothing to judge", about=own.name)
        return
    said = f"{value:g}, at most {own.above:g}"
    yield verdicts.judged("OBSERVE_OWN", value, own.above, said, unit="", about=own.name)


def _number(own: OwnQuery, rows: list[tuple[object, ...]]) -> float | None:
    """:raises NotOneNumber: it is something else."""
    if len(rows) == 1 and len(rows[0]) == 1:
        value = rows[0][0]
        if value is None:
            return None
        try:
            return float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            pass
    raise NotOneNumber(f"{own.query.as_posix()} gives no single number.", fix="SELECT one row with one number.")
