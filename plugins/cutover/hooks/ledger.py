"""Which hooks of a run have succeeded, by the journal, so that a repeated step does not run them again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cutover.context import RunContext

KIND = "hook"
# What belongs to closing counts until the doors begin to open again, and the other way round: doors that are closed a
# second time (a cutover that was tried again, a restore after the window) need their hooks a second time.
GOING_DOWN = frozenset({"closing", "closed", "migrated"})


@dataclass(slots=True)
class Ledger:
    """:param done: positions in the spec's list of hooks. :param turns: how often the direction has changed."""

    done: set[int] = field(default_factory=set)
    turns: int = 0
    down: bool | None = None

    def key(self, run_id: str, position: int) -> str:
        """Return what names one doing of one hook, the same one for each attempt at it."""
        return f"{run_id}/hook-{position}/{self.turns}"


def read(ctx: RunContext) -> Ledger:
    """Return what the journal tells."""
    ledger = Ledger()
    for event in ctx.journal.events(ctx.run_id, kind=KIND):
        data = event.data or {}
        if "turn" in data:
            _turn(ledger, ctx, str(data["turn"]))
        elif data.get("ok"):
            ledger.done.add(int(data["hook"]))
    return ledger


def turn(ctx: RunContext, ledger: Ledger, moment: str) -> None:
    """Write down that the run goes down, or up again, from ``moment`` on."""
    if ledger.down is (moment in GOING_DOWN):
        return
    ctx.journal.event(ctx.run_id, KIND, f"hooks from {moment} on", data={"turn": moment})
    _turn(ledger, ctx, moment)


def done(ctx: RunContext, moment: str, result: dict[str, Any]) -> None:
    """Write down how a hook ended."""
    how = "succeeded" if result["ok"] else "failed"
    text = f"hook {result['name']!r} ({moment}) {how} after {result['seconds']:g} s"
    if not result["ok"]:
        text += f": {result['error']}"
    ctx.journal.event(ctx.run_id, KIND, text, data={**result, "moment": moment})


def _turn(ledger: Ledger, ctx: RunContext, moment: str) -> None:
    down = moment in GOING_DOWN
    if ledger.down is not None and ledger.down is not down:
        ledger.turns += 1
    ledger.down = down
    # What was done the last time the run went this way counts no longer.
    ledger.done -= {n for n, hook in enumerate(ctx.spec.hooks) if (hook.when in GOING_DOWN) is down}
