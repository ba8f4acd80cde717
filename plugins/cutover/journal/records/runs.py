"""Runs, and the states that they go through."""

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
    def standing(self) -> str:
        """The state as it stands behind "the run is"."""
        return standing(self.state)

    @property
    def active(self) -> bool:
        """Whether the run keeps others from beginning on its database."""
        return self.state in ACTIVE

    def as_dict(self, *, with_spec: bool = False) -> dict[str, Any]:
        """Return a JSON-safe dict; times in ISO 8601."""
        shown = {f.name: getattr(self, f.name) for f in fields(self) if with_spec or f.name != "spec"}
        return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in shown.items()}


def standing(state: str) -> str:
    """Return a state as it stands behind "the run is": ``rolled back``, ``in its rollback window``."""
    return "in its rollback window" if state == "window" else state.replace("_", " ")


def new_run_id(migration: str, now: datetime | None = None) -> str:
    """Return ``<migration>.<YYYYMMDDTHHMMSS>`` by the UTC clock."""
    return f"{migration}.{(now or datetime.now(UTC)).astimezone(UTC):%Y%m%dT%H%M%S}"
