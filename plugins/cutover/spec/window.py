"""Parts of a spec for maintenance windows: rollback points, and hooks into what runs beside the database."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from cutover.spec.durations import Duration, within
from cutover.spec.names import ConnectionId, Url
from cutover.spec.parts import DAY, HOUR, SECOND, ZERO, Part

Moment = Literal["closing", "closed", "migrated", "opening", "opened", "rolled_back"]


class Backup(Part):
    """Rollback points: encrypted dumps to which a run can be taken back."""

    store: ConnectionId = Field(
        default="cutover_backups",
        description="Connection id of where they are kept: an S3 (type `aws`, extra `cutover`: `bucket`) or a folder"
        " (type `fs`, extra `cutover`: `path`); `age_recipients` there names the public keys.",
    )
    key: ConnectionId = Field(
        default="cutover_age",
        description="Connection id whose password is the private key (`AGE-SECRET-KEY-...`): it proves and restores.",
    )
    take: bool = Field(
        default=False,
        strict=True,
        description="online, blue_green, dual_write: take a rollback point before anything is begun, for the last"
        " resort; stop_the_world always takes one.",
    )
    verify: Literal["restore", "checksum"] = Field(
        default="restore",
        description="How the point before the run is proven: restored into a scratch database and compared row by"
        " row, or read through only.",
    )
    keep: Annotated[Duration, within(HOUR, 3650 * DAY)] = Field(
        default=timedelta(days=7), description="How long a run's rollback points are kept."
    )
    workers: int = Field(default=2, strict=True, ge=1, le=32, description="Streams of a dump or a restore.")


class Action(Part):
    """Something to run or to call; exactly one of `command`, `url` and `connection`."""

    name: Annotated[str, Field(pattern=r"^[\w .:,()/-]{1,80}$")] | None = Field(
        default=None, description="For log and messages; left out: what it runs or calls."
    )
    command: list[Annotated[str, Field(min_length=1, max_length=1000)]] | None = Field(
        default=None,
        min_length=1,
        description="Program and arguments, run where the task runs, without a shell; exit code 0 is success.",
    )
    url: Url | None = Field(default=None, description="Fetched by GET; no secrets here, those belong to a connection.")
    connection: ConnectionId | None = Field(
        default=None,
        description="Webhook: connection id of type `http`; the run's state is sent to it as JSON by POST.",
    )
    expect: int = Field(default=200, strict=True, ge=100, le=599, description="Status that `url` must answer with.")
    timeout: Annotated[Duration, within(SECOND, HOUR)] = Field(
        default=timedelta(seconds=30), description="For one attempt; a command that takes longer is ended."
    )


class Hook(Action):
    """Something to run or to call at a moment of the window; exactly one of `command`, `url` and `connection`.

    One that fails before the doors are open again takes the run back.
    """

    when: Moment = Field(
        description="`closing`: before anything is closed · `closed` · `migrated`: the new state is there, doors still"
        " closed (smoke tests) · `opening`: just before they open · `opened` · `rolled_back`: all is as it was."
    )
    retry_for: Annotated[Duration, within(ZERO, HOUR)] = Field(
        default=ZERO, description="Tried again for so long until it succeeds (a service that is starting)."
    )
