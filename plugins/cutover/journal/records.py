"""What the journal gives back: frozen records, one per table."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

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


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One rehearsal of one migration on staging.

    :param night: the run id of the night that it is part of; by hand: None.
    :param spec: the snapshot of the migration as it is rehearsed.
    :param places: connection id of the spec -> what stands for it; see :class:`cutover.rehearsal.staging.Place`.
    :param before: what was in the databases before anything was migrated, and how the copies were made.
    :param live: what is known of the databases that are meant: their size.
    :param troubles: what went wrong outside of its runs: task -> what it said last.
    :param verdict: ``go``, ``no_go`` or ``not_rehearsed``; None as long as it goes on.
    """

    rehearsal_id: str
    night: str | None
    migration: str
    strategy: str
    title: str
    dag_run_id: str | None
    spec: dict[str, Any]
    places: dict[str, dict[str, Any]]
    started_at: datetime
    before: dict[str, Any] | None
    live: dict[str, Any] | None
    troubles: dict[str, str]
    cleared_at: datetime | None
    ended_at: datetime | None
    verdict: str | None
    reasons: list[str]
    figures: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return it JSON-safe, without the spec and what was there before."""
        shown = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("spec", "before")}
        return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in shown.items()}


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


def new_run_id(migration: str, now: datetime | None = None) -> str:
    """Return ``<migration>.<YYYYMMDDTHHMMSS>`` by the UTC clock."""
    return f"{migration}.{(now or datetime.now(UTC)).astimezone(UTC):%Y%m%dT%H%M%S}"
