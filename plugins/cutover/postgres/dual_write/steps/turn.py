"""The cutover: applications write the new side only, and the old one follows it."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.flags import Mode
from cutover.postgres.dual_write import flagging, turning
from cutover.postgres.online import guard


class NotReady(CutoverError):
    """The reads have not changed sides yet."""

    code = "DUA006"


def new_only(ctx: RunContext) -> dict[str, Any]:
    """Turn the writes round; a run that has done so is left there.

    :returns: see :func:`cutover.postgres.dual_write.turning.turn`.
    :raises NotReady: not all reads go to the new side.
    :raises NotTurned: applications could not be held; they write as before.
    """
    with guard.alone(ctx, "new-only") as db:
        refuse_unready(ctx)
        return turning.turn(ctx, db, turning.THERE)


def refuse_unready(ctx: RunContext) -> None:
    """:raises NotReady: not all reads go to the new side."""
    flag = flagging.current(ctx)
    ready = flag.mode is Mode.NEW_ONLY or (flag.mode is Mode.DUAL_WRITE_READ_NEW and flag.read_new == 100)
    if not ready:
        raise NotReady(
            f"the flag of {flag.migration!r} is {flag}, so not everything is read from the new side.",
            fix="run the step `read_new` first.",
        )
