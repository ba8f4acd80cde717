"""What the journal gives back: frozen records, one per table."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

STATES = (
    "preparing",
    "building",
    "filling",
    "catching_up",
    "verifying",
    "cutting_over",
    "watching",
    "window",
    "rolling_back",
    "rolled_back",
    "failed",
    "finalizing",
    "finalized",
    "aborted",
)
TERMINAL = frozenset({"rolled_back", "failed", "finalized", "aborted"})
ACTIVE = frozenset(STATES) - TERMINAL - {"window"}


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a migration. Times are aware and in UTC.

    :param number: small and unique; used in the names of the run's schemas.
    :param database: what is locked: one active run per value.
    :param spec: the snapshot of the migration, self-contained (see ``Migration.snapshot``).
    """

    run_id: str
    number: int
    migration: str
    strategy: str
    title: str
    database: str
    state: str
    reason: str | None
    dag_id: str | None
    dag_run_id: str | None
    triggered_by: str | None
    dry_run: bool
    rehearsal_of: str | None
    started_at: datetime
    swapped_at: datetime | None
    window_ends_at: datetime | None
    ended_at: datetime | None
    spec: dict[str, Any]

    @property
    def terminal(self) -> bool:
        return self.state in TERMINAL

    @property
    def active(self) -> bool:
        """Whether the run keeps others from beginning on its database."""
        return self.state in ACTIVE

    def as_dict(self, *, with_spec: bool = False) -> dict[str, Any]:
        """Return a JSON-safe dict; times in ISO 8601."""
        shown = {f.name: getattr(self, f.name) for f in fields(self) if with_spec or f.name != "spec"}
        return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in shown.items()}


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
class Sample:
    """What was measured at one moment; samples of one ``series`` have the same shape."""

    series: str
    at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """Something worth telling, with who did it where a person did."""

    at: datetime
    kind: str
    text: str
    actor: str | None
    data: dict[str, Any] | None


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
class DocumentInfo:
    """A document without its body; ``size`` in bytes."""

    name: str
    media_type: str
    size: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    media_type: str
    body: bytes
    created_at: datetime

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was sent: where it is, so that it can be updated or answered in its thread."""

    key: str
    channel: str
    ts: str
    sent_at: datetime


def new_run_id(migration: str, now: datetime | None = None) -> str:
    """Return ``<migration>.<YYYYMMDDTHHMMSS>`` by the UTC clock."""
    return f"{migration}.{(now or datetime.now(UTC)).astimezone(UTC):%Y%m%dT%H%M%S}"
