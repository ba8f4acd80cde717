"""What comes after the rows on green: indexes and constraints as the design has them, and statistics."""

from __future__ import annotations

import time
from collections.abc import Callable

from cutover import points, sqlfiles
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres import schema_facts
from cutover.postgres.blue_green import design, guard_wal, restore, vacuum
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.restore import SchemaNotRestored

STEP = "index"
GUARD_EVERY = 5.0
NAMED = 8


class IndexFailed(CutoverError):
    """The copied rows do not satisfy an index or constraint, or it cannot be made."""

    code = "BGR055"


def post_data(ctx: RunContext, ends: Ends, blue: Db, green: Db, *, again: bool) -> int:
    """Make on green what the design has after the rows; returns how many indexes and foreign keys there are then.

    :param again: an earlier attempt may have made some of it.
    :raises IndexFailed: naming what cannot be made: duplicates in a unique index, rows that violate a constraint.
    :raises SlotKeepsTooMuch: blue's disk would have been in danger.
    """
    with design.opened(ends, STEP) as db:
        wanted = _count(db)
    meanwhile = _watch(ctx, blue, green, wanted)
    with design.folder() as place:
        tools = design.fitting(ends)
        archive = restore.dump(ctx, tools, design.info(ends), place / "design.dump")
        points.reach("bg.index.dumped")
        try:
            said = restore.restore_post_data(
                ctx,
                tools,
                archive,
                ends.info("green"),
                jobs=ctx.spec.backfill.workers,
                again=again,
                meanwhile=meanwhile,
            )
        except SchemaNotRestored as error:
            raise IndexFailed(
                error.what, fix="mend these rows on blue or change schema: up, then roll back and begin again."
            ) from error
    if again:
        _refuse_missing(ends, green, said)
    return _count(green)


def _refuse_missing(ends: Ends, green: Db, said: str) -> None:
    """After an interrupted attempt much fails because it is there already: what counts is what there is in the end."""
    with design.opened(ends, STEP) as db:
        missing = sorted(schema_facts.gather(db).keys() - schema_facts.gather(green).keys())
    if missing:
        names = ", ".join(" ".join(each) for each in missing[:NAMED])
        raise IndexFailed(
            f"{len(missing)} things of the design are missing on green: {names}. pg_restore said: {said[-2000:]}",
            fix="mend these rows on blue or change schema: up, then roll back and begin again.",
        )


def _watch(ctx: RunContext, blue: Db, green: Db, wanted: int) -> Callable[[], None]:
    began = guarded = time.monotonic()

    def look() -> None:
        nonlocal guarded
        done, now = _count(green), time.monotonic()
        _tell(ctx, "indexes and foreign keys", done, wanted, now - began)
        if now - guarded >= GUARD_EVERY:
            guarded = now
            guard_wal.check(ctx, blue, "blue")

    return look


def _tell(ctx: RunContext, item: str, done: int, total: int, seconds: float) -> None:
    rate = done / max(seconds, 1e-3)
    eta = (total - done) / rate if done else None
    ctx.journal.progress(ctx.run_id, STEP, item, done, max(done, total), rate=rate, eta_seconds=eta)


def _count(db: Db) -> int:
    row = db.execute(sqlfiles.text("dump/post_data_count")).fetchone()  # type: ignore[call-overload]
    return int(row[0]) if row else 0


def analyze(ctx: RunContext, green: Db) -> int:
    """Have every table of green analyzed; returns how many."""
    began = time.monotonic()
    return vacuum.run(
        ctx,
        green,
        "ANALYZE",
        lambda done, total: _tell(ctx, "analyze", done, total, time.monotonic() - began),
    )
