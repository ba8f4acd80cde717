"""Observe: how far blue is behind, and whether it has every row; writes nothing but a beat, and takes no run's lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cutover.context import RunContext
from cutover.postgres.blue_green import arrival, compare, fence, live, state, suites_across
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import other
from cutover.postgres.blue_green.sight import Sight
from cutover.postgres.blue_green.steps import both_ways
from cutover.postgres.follower import Behind, Differences
from cutover.validation.suites import SuiteTable

PATIENCE = 5.0


def behind(ctx: RunContext, mark: Mapping[str, Any]) -> Behind:
    """Send a beat and wait for it, and see that only the apply worker writes the side that follows."""
    now = live.require(ctx)
    seen = arrival.look(ctx, now.ends, now.origin, patience=PATIENCE)
    broken = list(seen.broken)
    with now.ends.open(other(now.origin), "observe") as db:
        side, up = state.find(db, ctx.run_id), fence.is_up(db, now.ends.names)
    if not up and not both_ways.is_open(side):
        broken.append(f"{other(now.origin)} can be written to although {now.origin} is live")
    said = [seen.describe(), *(each for each in broken if each not in seen.broken)]
    return Behind(seen.seconds, "; ".join(said), broken)


def differences(ctx: RunContext) -> Iterator[Differences]:
    """Compare the keys of each table, small tables first; what was on its way is looked at again."""
    now = live.require(ctx)
    sight = Sight(ctx, now.ends, now.origin)
    wanted = [table for table in now.tables if table.followed and table.on_green]
    for of in sorted(compare.gather(sight, wanted), key=lambda of: of.left.expected_rows or 0):
        if of.lacking or not of.keyed:
            why = f"{' and '.join(of.lacking)} has no such table" if of.lacking else "it has no key"
            yield Differences(of.table.label, why=why)
            continue
        figures = compare.compare(sight, of, rows=False).checks[0].figures
        # Blue is on the left: "missing" are rows that only blue has, "too_many" those that only green has.
        ours, theirs = int(figures["missing"]), int(figures["too_many"])
        lacking, surplus = (theirs, ours) if now.origin == "green" else (ours, theirs)
        yield Differences(of.table.label, int(figures["left"]), lacking, surplus)


def judged(ctx: RunContext) -> list[SuiteTable]:
    """Return the live tables, for suites that judge one side alone."""
    with Ends.of(ctx).open("green", "observe") as db:
        side = state.find(db, ctx.run_id)
    tables = side.tables if side else []
    return [suites_across.suite_table(table) for table in tables if table.followed and table.on_green]
