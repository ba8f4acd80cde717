"""What has happened, and who was told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Event:
    """Something worth telling, with who did it where a person did."""

    at: datetime
    kind: str
    text: str
    actor: str | None
    data: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was sent: where it is, so that it can be updated or answered in its thread."""

    key: str
    channel: str
    ts: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one announcement, ``(migration, occasion, audience, key)``.

    :param doubtful_since: when an earlier claimant was about to send it, and was not heard of again.
    """

    what: tuple[str, str, str, str]
    claimant: UUID
    doubtful_since: datetime | None


@dataclass(frozen=True, slots=True)
class Announced:
    """An announcement that was made.

    :param occasion: the run's id, or, before there is a run, the time that was planned.
    :param channel: the name that the migration has for it; ``channel_id``: Slack's.
    :param late: whether it said of itself that it was late.
    :param uncertain: whether it may be missing: its sender died or did not hear, and nobody could look.
    """

    migration: str
    occasion: str
    audience: str
    key: str
    moment: str
    run_id: str | None
    window_start: datetime | None
    channel: str
    channel_id: str | None
    ts: str | None
    sent_at: datetime
    late: bool
    uncertain: bool

    @property
    def what(self) -> tuple[str, str, str, str]:
        return self.migration, self.occasion, self.audience, self.key
