"""The rollback point that a run has taken before anybody is asked."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext
from cutover.errors import CutoverError


def taken(ctx: RunContext) -> dict[str, Any] | None:
    """Return what the step back_up has measured; a draft has no run, and no such step."""
    try:
        done = [step for step in ctx.journal.steps(ctx.run_id) if step.name == "back_up" and step.state == "done"]
    except CutoverError:
        return None
    detail = dict(done[-1].detail or {}) if done else {}
    return detail if "point" in detail else None
