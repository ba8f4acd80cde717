"""The time by which looks are due and judged: one clock, that of the tasks, so that no two have to agree."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)
