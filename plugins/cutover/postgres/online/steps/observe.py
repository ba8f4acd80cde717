"""Observe: how far the old side is behind, and whether it has every row; reads only, and takes no run's lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from psycopg import sql

from cutover import sqlfiles
from cutover.context import Db, RunContext
from cutover.messages.words import span
from cutover.postgres.follower import Behind, Differences
from cutover.postgres.online import capture, parts, state, stuck
from cutover.postgres.online.compare import subject
from cutover.postgres.online.state import Table
from cutover.validation import row_counts
from cutover.validation.suites import SuiteTable


def behind(ctx: RunContext, mark: Mapping[str, Any]) -> Behind:
    """Tell how long the oldest touched key waits: since the first look at which it was there already, at least.

    Log entries carry no time, only the transaction that wrote them; ``mark`` says which number the next one had then.
    """
    waiting, oldest, broken = 0, None, list[str]()
    with ctx.source("observe") as db:
        upcoming = _number(db)
        tables = state.tables(db, ctx.run_id)
        if not tables:
            broken.append("the database knows nothing of the run any more")
        for table in tables:
            count, age = _pending(db, table)
            waiting += count
            oldest = age if oldest is None or (age or 0) > oldest else oldest
            broken += _broken(db, table)
    now = datetime.now(UTC)
    since = _since(mark, upcoming - oldest) if oldest is not None else None
    seconds = (now - since).total_seconds() if since else 0.0
    text = f"{waiting:,} touched keys wait" + (f", some for {span(seconds)} at least" if since else "")
    kept = {"next": upcoming, "at": now.isoformat(), "since": since.isoformat() if since else None}
    return Behind(seconds, "; ".join([text, *broken]), broken, kept)


def differences(ctx: RunContext) -> Iterator[Differences]:
    """Count both sides of each table in one snapshot, the touched keys left aside."""
    with ctx.source("observe") as db:
        tables = state.tables(db, ctx.run_id)
    for table in tables:
        of = subject(ctx, table, forth=False)
        counts = row_counts.count(of.connect, of.left, of.right, pending=of.pending, cancel=ctx.cancel)
        if counts.truncated:
            yield Differences(table.label, why="a TRUNCATE has not reached the old side yet")
            continue
        # The original is on the left, whichever side is live.
        lacking = -counts.missing if table.live == "shadow" else counts.missing
        yield Differences(table.label, counts.right, max(lacking, 0), max(-lacking, 0))


def judged(ctx: RunContext) -> list[SuiteTable]:
    """Return the live tables, for suites that judge one side alone."""
    with ctx.source("observe") as db:
        found = state.tables(db, ctx.run_id)
    return [_judged(table) for table in found]


def _judged(table: Table) -> SuiteTable:
    place, key = (table.names.schema, table.names.table), tuple(table.design.key(table.live).columns)
    return SuiteTable(label=table.label, subject=place, live=place, key=key, live_key=key)


def _broken(db: Db, table: Table) -> Iterator[str]:
    if not capture.at_work(db, parts.sides(table)[0]):
        yield f"{table.label}: capture triggers are missing or disabled, so going back would lose writes"
    count, _ = stuck.rows(db, table, limit=1)
    if count:
        yield f"{table.label}: {count:,} rows have no way back"


def _pending(db: Db, table: Table) -> tuple[int, int | None]:
    """Return how many entries wait, and how many transactions ago the oldest of them was written."""
    row = db.execute(
        sqlfiles.compose(
            "online/waiting",
            log=table.names.log(table.live),
            number=sql.Literal(table.names.number),
            ordinal=sql.Literal(table.names.ordinal),
            live=sql.Literal(table.live),
        )
    ).fetchone()
    assert row is not None, "an aggregate has one row"
    return int(row[0]), row[1]


def _number(db: Db) -> int:
    row = db.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
    assert row is not None, "a SELECT without FROM has one row"
    return int(row[0])


def _since(mark: Mapping[str, Any], oldest: int) -> datetime | None:
    """Return since when an entry waits, by what the look before has left; None: it came after that."""
    if not mark or oldest >= int(mark["next"]):
        return None
    return datetime.fromisoformat(str(mark["since"] or mark["at"]))
