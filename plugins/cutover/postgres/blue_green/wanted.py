"""What a step needs from the steps before it."""

from __future__ import annotations

from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.blue_green import state
from cutover.postgres.blue_green.state import Side


class StepMissing(CutoverError):
    """A step was asked for before the one that it builds upon."""

    code = "BGR053"


def side_with(ctx: RunContext, green: Db, phase: str, step: str) -> Side:
    """Return the run's row on green, which has come to ``phase`` at least by ``step``.

    :raises StepMissing: it has not.
    """
    side = state.find(green, ctx.run_id)
    if side is None or not side.at_least(phase):
        raise StepMissing(
            f"run {ctx.run_id!r}: green is {side.phase if side else 'not begun'}, and has to be {phase} first.",
            fix=f"run {step} before this step.",
        )
    return side
