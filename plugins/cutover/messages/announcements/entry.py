"""One line of an audience's timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

# The clock's DAG comes by every five minutes: what comes later than two of its turns says so.
LATE = timedelta(minutes=10)
# What is older is no news any more.
FORGET = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is, was or will be said to one audience.

    :param occasion: the run's id, or, before there is a run, the time that is planned.
    :param key: unique within occasion and audience.
    :param moment: names the text.
    :param at: when it is due; ``None``: when it happens.
    :param gone: why it is not said any more, or not at all.
    :param values: what the text may use besides what is known of the migration and the run.
    """

    migration: str
    occasion: str
    audience: str
    key: str
    moment: str
    at: datetime | None
    run_id: str | None = None
    window_start: datetime | None = None
    gone: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def what(self) -> tuple[str, str, str, str]:
        """What the journal knows it by."""
        return self.migration, self.occasion, self.audience, self.key

    def due(self, now: datetime) -> bool:
        return self.gone is None and self.at is not None and self.at <= now

    def late(self, now: datetime) -> bool:
        return self.at is not None and now - self.at > LATE


def in_order(entries: list[Entry]) -> list[Entry]:
    """Return entries by their time; those that wait for something to happen come last, in the order of a run."""
    timed = sorted((entry for entry in entries if entry.at is not None), key=lambda entry: entry.at or datetime.max)
    return timed + [entry for entry in entries if entry.at is None]
