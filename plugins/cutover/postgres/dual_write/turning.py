"""The moment in which the application begins to write the other side only.

Two instances, one that still writes the old side and one that writes the new one already, would wait for each other's
rows: each locks its own side first and the other one before COMMIT. So nobody writes for that moment: the flag is held,
every instance acknowledges that nothing of it is under way, and the next version says which side is written. A hold
ends by itself: should this process die, applications go on as before, after ``max_pause`` at most.

At no instant is a write refused that follows the flag. Before the flag says "new" both sides follow each other and
neither is fenced; the fence of the side that is left goes up only when every instance has acknowledged.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cutover import points, recording
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.flags import Flag, HoldOver, Mode
from cutover.postgres.dual_write import fence, filling, flagging, numbering, sides, state
from cutover.postgres.dual_write.flagging import NotAcknowledged
from cutover.postgres.dual_write.shape import Direction
from cutover.postgres.online import locks

# Of max_pause: for so long instances may finish what they have under way.
SHARE = 0.6
# How often is looked whether they have, while nobody may write.
LOOK_SECONDS = 0.01


class NotTurned(CutoverError):
    """No attempt succeeded; applications write the side that they wrote before."""

    code = "DUA012"


@dataclass(frozen=True, slots=True)
class Turn:
    """From one side to the other. ``follows``: the direction in which rows are derived afterwards."""

    follows: Direction
    before: Mode
    after: Mode
    live: str

    @property
    def ended(self) -> Direction:
        """The direction in which rows were derived until now."""
        return "back" if self.follows == "forward" else "forward"

    def share(self, mode: Mode) -> float:
        """The share of reads that the new side answers on both ends of a turn: all, where the mode leaves a choice."""
        return 100.0 if mode is Mode.DUAL_WRITE_READ_NEW else 0.0


THERE = Turn("back", Mode.DUAL_WRITE_READ_NEW, Mode.NEW_ONLY, "new")
BACK = Turn("forward", Mode.NEW_ONLY, Mode.DUAL_WRITE_READ_NEW, "old")


def turn(ctx: RunContext, db: Db, way: Turn) -> dict[str, Any]:
    """Let the application write the other side; goes on from wherever an earlier attempt was.

    :param db: holds the run's lock.
    :returns: ``{"pause_ms", "attempts", "sequences"}``; the pause is None where it had turned before.
    :raises NotTurned: after the last attempt, naming what was in the way.
    """
    both = sides.look(ctx, db)
    follower, left = both.of(way.follows), both.of(way.ended)
    figures: dict[str, Any] = {"pause_ms": None, "attempts": 0, "sequences": 0}
    flag = flagging.current(ctx)
    if flag.mode is way.before:
        # Beforehand: while nobody is held, waiting for a lock keeps nobody waiting for long.
        fence.lower(ctx, db, left.names, left.tables)
        if _application(ctx, way):
            filling.drain(ctx, db, left.names, left.shapes)
        else:
            sides.follow(ctx, db, follower, at_once=_at_once(ctx, way))
        figures = _attempts(ctx, db, way, both)
        points.reach("dual.turn.turned")
        flag = flagging.current(ctx)
    if way is THERE:
        ctx.journal.mark_swapped(ctx.run_id, ctx.spec.rollback.window)
    flagging.await_acknowledged(ctx, flag)
    state.mark(db, ctx.run_id, live=way.live)
    points.reach("dual.turn.acknowledged")
    sides.leave(ctx, db, left)
    _fence(ctx, db, way, follower)
    points.reach("dual.turn.fenced")
    return figures


def _fence(ctx: RunContext, db: Db, way: Turn, follower: sides.Side) -> None:
    """Close the side that follows now; not where the application itself goes on writing it."""
    if _at_once(ctx, way):
        fence.raise_up(ctx, db, follower.names, follower.tables)


def _application(ctx: RunContext, way: Turn) -> bool:
    """Whether the application writes both sides until the turn: what it writes must not be derived back before."""
    return way is THERE and ctx.spec.writer == "application"


def _at_once(ctx: RunContext, way: Turn) -> bool:
    """On the way back the application may write both sides by itself again; then keys are only noted."""
    return way is THERE or ctx.spec.writer == "triggers"


def _attempts(ctx: RunContext, db: Db, way: Turn, both: sides.Sides) -> dict[str, Any]:
    limit = locks.patience(db, ctx).attempts
    reason = ""
    for number in range(1, limit + 1):
        ctx.cancel.check()
        try:
            with recording.held(ctx.run_id):
                return {**_once(ctx, db, way, both), "attempts": number}
        except (NotAcknowledged, HoldOver) as error:
            reason = error.what
            ctx.log.warning("attempt %d of %d: %s", number, limit, reason)
            _let_go(ctx, way)
        ctx.cancel.wait(min(5.0, 0.5 * 1.4 ** (number - 1)))
    if _application(ctx, way):
        sides.leave(ctx, db, both.of(way.follows))
    raise NotTurned(
        f"applications could not be kept from writing for a moment, in {limit} attempts: {reason}",
        fix="see which work takes so long, or raise cutover: max_pause. Applications go on as before.",
    )


def _once(ctx: RunContext, db: Db, way: Turn, both: sides.Sides) -> dict[str, Any]:
    seconds = ctx.spec.cutover.max_pause.total_seconds()
    began = time.monotonic()
    held = flagging.move(ctx, way.before, read_new=way.share(way.before), hold=timedelta(seconds=seconds))
    points.reach("dual.turn.held")
    try:
        flagging.await_acknowledged(ctx, held, seconds=seconds * SHARE, look=LOOK_SECONDS)
        moved = _moved(ctx, db, way, both)
        points.reach("dual.turn.quiet")
        flag = _decide(ctx, held, way)
    except BaseException:
        _let_go(ctx, way)
        raise
    pause = round((time.monotonic() - began) * 1000, 1)
    ctx.log.info("%s after %.1f ms in which nobody wrote", flag, pause)
    ctx.journal.event(ctx.run_id, "flag", f"{held} -> {flag}", data={"version": flag.version})
    return {"pause_ms": pause, "sequences": moved}


def _moved(ctx: RunContext, db: Db, way: Turn, both: sides.Sides) -> int:
    """Bring the side that is going to be written up to the last row, and its sequences behind it."""
    left = both.of(way.ended)
    if _application(ctx, way):
        filling.drain(ctx, db, left.names, left.shapes, quiet=True)
        sides.follow(ctx, db, both.of(way.follows), at_once=True)
    return numbering.carry(db, left.shapes)


def _decide(ctx: RunContext, held: Flag, way: Turn) -> Flag:
    """That one change of the flag is the decision. :raises HoldOver: too late, applications go on already."""
    share = way.share(way.after)
    return flagging.store(ctx).set(held, way.after, read_new=share, by=ctx.run_id, only_while_held=True)


def _let_go(ctx: RunContext, way: Turn) -> None:
    """End a hold before its time; without a word where the flag has turned, or nothing is held."""
    flag = flagging.current(ctx)
    if flag.mode is way.before and flag.held_for > 0:
        flagging.move(ctx, flag.mode, read_new=flag.read_new, shadow=flag.shadow)
