"""Where a run stands when its last resort is asked for: one database or two, which of them is live."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from cutover.connections import ConnectionInfo
from cutover.context import RunContext
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.blue_green.state import Side
from cutover.postgres.online import guard
from cutover.postgres.stop_the_world import form, swapping
from cutover.postgres.stop_the_world.beside import RESTORED
from cutover.postgres.stop_the_world.standing import Standing

# For whom a point is restored.
STEP = "last-resort"
# What the side that was live remembers while its database is being replaced.
UNDER_WAY = "last_resort"


@dataclass(frozen=True, slots=True)
class Ground:
    """:ivar side: where clients are, or were when the doors closed. :ivar blue, green: what the databases remember."""

    side: SideName
    blue: Side | None
    green: Side | None

    @classmethod
    def of(cls, ctx: RunContext, ends: Ends) -> Ground:
        now = Standing.of(ctx, ends)
        return cls(now.live or _closed(now), now.blue, now.green)

    def swapped(self) -> bool:
        """Whether the source is a restored database already."""
        return bool(self.blue and self.blue.phase == RESTORED and self.blue.detail.get("purpose") == STEP)

    def under_way(self) -> str | None:
        """Return the point to which somebody has begun to take the run, doors closed."""
        found = [side.detail[UNDER_WAY] for side in (self.green, self.blue) if side and UNDER_WAY in side.detail]
        return str(found[0]) if found else None


def _closed(now: Standing) -> SideName:
    """Return the side whose doors are closed: ours, or those of the run's own window."""
    green = now.green.detail if now.green else {}
    return "green" if UNDER_WAY in green or green.get("opened_at") else "blue"


def aside(ends: Ends) -> ConnectionInfo:
    """Where the database is that was replaced."""
    return replace(ends.info("blue"), dbname=swapping.aside(ends))


@contextmanager
def alone(ctx: RunContext, step: str) -> Iterator[None]:
    """Hold the run's lock. Who holds it in the source itself is waited for: sessions there end when it is renamed.

    :raises Busy: another process is at work on the run for longer than a minute.
    """
    with form.alone(ctx, step, patience=60):
        with guard.alone(ctx, step, patience=60):
            pass
        yield
