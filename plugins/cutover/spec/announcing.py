"""The part of a spec that says whom to tell, where, in which moments, and when it begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import AwareDatetime, Field

from cutover.spec.names import ConnectionId, Line
from cutover.spec.parts import Part

# In the order of a migration: by the clock, and as things happen.
Moment = Literal[
    "before_24h",
    "before_2h",
    "started",
    "begins",
    "approval_needed",
    "progress",
    "cut_over",
    "completed",
    "after_24h",
    "after_48h",
    "rolled_back",
    "failed",
    "finalized",
]
MOMENTS: tuple[str, ...] = get_args(Moment)
Channel = Annotated[str, Field(pattern=r"^[#@]?[A-Za-z0-9_.\-]{1,80}$")]


class Audience(Part):
    """Where one audience is told, and of what; it needs a channel or a connection of its own."""

    channel: Channel | None = Field(default=None, description="Slack channel; of no use with a webhook, which has its.")
    connection: ConnectionId | None = Field(
        default=None,
        description="Connection id of type `slack` or `slackwebhook`; left out: `cutover_slack`.",
    )
    service: Line | None = Field(
        default=None,
        description="What they know it by (`the shop`), for texts without technical names; end users need it.",
    )
    moments: list[Moment] | None = Field(
        default=None, min_length=1, description="Only these; left out: all that there is a text for."
    )

    @property
    def place(self) -> str:
        """Where they are told, for people."""
        return " by ".join(part for part in (self.channel, self.connection) if part)


class Audiences(Part):
    """Who is told besides those who follow the run in its thread. An audience that is not named is told nothing."""

    developers: Audience | None = Field(default=None, description="Technical facts: what changes, and how it went.")
    operations: Audience | None = Field(default=None, description="What to watch, what to answer, how to stop it.")
    end_users: Audience | None = Field(default=None, description="Plain words; nothing of databases, tables or tools.")

    def named(self) -> Mapping[str, Audience]:
        """Return the audiences that are told, by name."""
        every = {"developers": self.developers, "operations": self.operations, "end_users": self.end_users}
        return {name: audience for name, audience in every.items() if audience is not None}


class Announce(Part):
    """Whom to tell, and when it begins."""

    channel: Channel | None = Field(
        default=None,
        description="Slack channel of the run's own thread, for those who carry it out; left out: the connection's.",
    )
    window_start: AwareDatetime | None = Field(
        default=None, description="When the change begins, with its time zone: T of all announcements."
    )
    audiences: Audiences = Field(
        default=Audiences(), description="Who else is told; see [announcements](announcements.md)."
    )
