"""The part of a spec that says when and how live may change sides."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from cutover.spec.durations import Duration, NeverOrDuration, within
from cutover.spec.parts import DAY, HOUR, MILLISECOND, SECOND, ZERO, Part


class CutoverLimits(Part):
    """When and how live may change sides."""

    max_lag: Annotated[Duration, within(ZERO, HOUR)] = Field(
        default=SECOND,
        description="Lag above which it does not begin.",
    )
    max_pause: Annotated[Duration, within(MILLISECOND, HOUR)] = Field(
        default=timedelta(seconds=3),
        description="Longest time that clients may wait; past it everything stays as it was.",
    )
    lock_timeout: Annotated[Duration, within(MILLISECOND, 60 * SECOND)] = Field(
        default=SECOND, description="Longest wait for the tables' locks per attempt; everybody queues behind that wait."
    )
    attempts: int = Field(
        default=30,
        strict=True,
        ge=1,
        le=1000,
        description="Attempts to get the locks before the run gives up.",
    )
    approval: Literal["required", "auto"] = Field(default="required", description="Whether a person must approve.")
    max_downtime: Annotated[Duration, within(SECOND, 7 * DAY)] = Field(
        default=timedelta(minutes=15),
        description="stop_the_world: the downtime that was promised; a forecast beyond it asks for approval in so many"
        " words, and the run reports what it took.",
    )
    drain: Annotated[Duration, within(ZERO, HOUR)] = Field(
        default=timedelta(seconds=30),
        description="stop_the_world: how long open transactions may take to end by themselves; then their sessions are"
        " ended.",
    )
    clients: Literal["hold", "refuse"] = Field(
        default="hold",
        description="stop_the_world: what a pooler does with clients while the doors are closed: let them wait, or turn"
        " them away at once.",
    )
    kill_blockers: NeverOrDuration = Field(
        default="never", description="After how long a session that blocks the cutover is ended; `never` by default."
    )
