"""Which side is live, and what the run knows of its tables: asked of the databases themselves."""

from __future__ import annotations

from dataclasses import dataclass

from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.blue_green import state
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.blue_green.tables import TableMap


class NotBuilt(CutoverError):
    """The run has not come so far that there were two sides."""

    code = "BGR043"


@dataclass(frozen=True, slots=True)
class Live:
    """:ivar origin: where applications write; :ivar phase: how far green has come."""

    ends: Ends
    origin: SideName
    phase: str
    tables: list[TableMap]

    @property
    def following(self) -> bool:
        return self.phase == "following"


def find(ctx: RunContext) -> Live | None:
    """Return where the run stands; ``None`` where a side has nothing of it (not yet, or no longer)."""
    ends = Ends.of(ctx)
    with ends.open("blue", "look") as blue, ends.open("green", "look") as green:
        one, other = state.find(blue, ctx.run_id), state.find(green, ctx.run_id)
    if one is None or other is None:
        return None
    return Live(ends, "green" if other.live else "blue", other.phase, other.tables or one.tables)


def require(ctx: RunContext) -> Live:
    """:raises NotBuilt: there are no two sides, or green does not follow yet."""
    found = find(ctx)
    if found is None or not found.following:
        where = "has nothing on one of the sides" if found is None else f"is only {found.phase}"
        raise NotBuilt(
            f"run {ctx.run_id!r} {where}, so the sides cannot be compared.",
            fix="run the steps before it: build, copy, index, follow.",
        )
    return found
