"""What the journal remembers of a restore: the databases forget it, and it must not happen twice."""

from __future__ import annotations

from typing import Any

from cutover.context import RunContext

KIND = "taken_back"


def remember(ctx: RunContext, figures: dict[str, Any]) -> None:
    """Write down that the doors are open to the restored database; once more does no harm."""
    if recall(ctx, str(figures["restored"])) is None:
        ctx.journal.event(ctx.run_id, KIND, f"taken back to rollback point {figures['restored']}", data=figures)


def any_restore(ctx: RunContext) -> bool:
    """Whether the run was taken back to a rollback point at all."""
    return bool(ctx.journal.events(ctx.run_id, kind=KIND))


def recall(ctx: RunContext, point: str) -> dict[str, Any] | None:
    """Return the figures of a restore of this very point that came to its end: a retry must not restore it again.

    What clients have written since then would be gone, and nobody has accepted that.
    """
    for event in ctx.journal.events(ctx.run_id, kind=KIND):
        if (event.data or {}).get("restored") == point:
            ctx.log.info("%s, on %s", event.text, event.at)
            return dict(event.data or {})
    return None
