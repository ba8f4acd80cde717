"""What a run does: its steps, how far they are, what was measured, what ran."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """One attempt of one step. ``state``: running, done, failed, cancelled or lost (the worker died)."""

    name: str
    attempt: int
    state: str
    started_at: datetime
    ended_at: datetime | None
    error: str | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one item (usually a table) of a step is. ``rate`` in units per second."""

    step: str
    item: str
    done: int
    total: int | None
    rate: float | None
    eta_seconds: float | None
    note: str | None
    started_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Control:
    """What an operator wants of a running backfill; ``None`` means: as the spec says."""

    paused: bool = False
    batch_rows: int | None = None
    pause_seconds: float | None = None
    workers: int | None = None
    changed_by: str | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """What was measured at one moment; samples of one ``series`` have the same shape."""

    series: str
    at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """What ran in a step and changed something, all its calls added up.

    :param kind: ``sql``, ``program``, ``pooler`` or ``hook``; ``place``: the connection's id.
    :param begun: calls; those that neither ``ended`` nor ``failed`` are under way, or were when their worker ended.
    :param rows: rows that were changed, where the server counts them.
    :param seconds: of all calls that came to an end; ``longest``: of one.
    """

    step: str
    kind: str
    place: str
    text: str
    attempts: list[int]
    begun: int
    ended: int
    failed: int
    rows: int | None
    seconds: float
    longest: float
    first_at: datetime
    last_at: datetime
