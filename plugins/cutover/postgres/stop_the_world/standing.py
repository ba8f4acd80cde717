"""Where a run stands, asked of the databases themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cutover.context import RunContext
from cutover.postgres import maintenance
from cutover.postgres.blue_green import state
from cutover.postgres.blue_green.ends import Ends
from cutover.postgres.blue_green.names import SideName
from cutover.postgres.blue_green.state import Side
from cutover.postgres.stop_the_world import form


@dataclass(frozen=True, slots=True)
class Standing:
    """:ivar blue: what the source says, None where it knows nothing of the run. :ivar green: another database's row."""

    across: bool
    blue: Side | None
    green: Side | None

    @classmethod
    def of(cls, ctx: RunContext, ends: Ends) -> Standing:
        with ends.open("blue", "look") as db:
            blue = state.find(db, ctx.run_id)
        return cls(form.across(ctx), blue, _green(ctx, ends))

    @property
    def closed(self) -> bool:
        """Nobody may write: the doors are closed."""
        return bool(self.blue and not self.blue.live and not (self.green and self.green.live))

    @property
    def done(self) -> Side | None:
        """The row of the side that serves after the window."""
        return self.green if self.across else self.blue

    @property
    def migrated(self) -> bool:
        """The new state is there, whether doors are open or not."""
        if self.across:
            return bool(self.green and self.green.at_least("indexed"))
        return bool(self.blue and self.blue.detail.get("migrated"))

    @property
    def decided(self) -> bool:
        """Clients were let in to the new state."""
        return self.migrated and bool(self.done and self.done.live)

    @property
    def live(self) -> SideName | None:
        """The side that takes writes."""
        return "green" if self.green and self.green.live else "blue" if self.blue and self.blue.live else None

    @property
    def detail(self) -> dict[str, Any]:
        """What the source remembers: it is there in both forms, for as long as the run is."""
        return self.blue.detail if self.blue else {}


def _green(ctx: RunContext, ends: Ends) -> Side | None:
    if not form.across(ctx) or not maintenance.there(ctx, ends.info("green"), "look"):
        return None
    with ends.open("green", "look") as db:
        return state.find(db, ctx.run_id)
