"""Rehearsals."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any


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
