"""What tests of hooks have in common."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from cutover.context import RunContext
from cutover.journal.records import Event


class Begin(Protocol):
    """The fixture ``begin``."""

    def __call__(self, *hooks: dict[str, Any], **more: Any) -> RunContext: ...


def until(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait for ``condition`` to give something true, and return that."""
    ends = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < ends, "it never happened"
        time.sleep(0.01)
    return found


def results(ctx: RunContext) -> list[Event]:
    """Return what the journal knows of hooks that were run."""
    return [event for event in ctx.journal.events(ctx.run_id, kind="hook") if "hook" in (event.data or {})]
