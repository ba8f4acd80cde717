"""Times and names as both documents say them."""

from __future__ import annotations

from datetime import UTC, datetime

from cutover.messages import words
from cutover.messages.facts import first_line
from cutover.runbook.story import Story

LONGEST = 400


def clock(at: datetime) -> str:
    """Return a time of day to the second, in UTC."""
    return f"{at.astimezone(UTC):%H:%M:%S}"


def moment(at: datetime) -> str:
    """Return a time to the second, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def since(story: Story, at: datetime) -> str:
    """Return how long after the run's beginning it was: ``T+03:20``, ``T+1:02:03``, ``T+2d 01:02:03``."""
    whole = round((at - story.run.started_at).total_seconds())
    sign, whole = ("-", -whole) if whole < 0 else ("+", whole)
    days, hours, minutes, seconds = whole // 86400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    if days:
        return f"T{sign}{days}d {hours:02}:{minutes:02}:{seconds:02}"
    return f"T{sign}{hours}:{minutes:02}:{seconds:02}" if hours else f"T{sign}{minutes:02}:{seconds:02}"


def took(begin: datetime, end: datetime | None) -> str:
    """Return how long something took; of what has no end yet, nothing."""
    return words.between(begin, end) if end else "-"


def brief(text: str | None) -> str:
    """Return the first line of a text, of a reasonable length."""
    return first_line(text, LONGEST) or ""
