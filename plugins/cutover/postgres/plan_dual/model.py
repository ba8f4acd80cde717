"""What the plan of a change of shape says, as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from cutover.postgres.plan.model import Range
from cutover.postgres.preflight import Finding


@dataclass(frozen=True, slots=True)
class NewTable:
    """One table of the new side: ``rows`` is the planner's estimate, ``origins`` are what it is made from."""

    name: str
    key: list[str]
    origins: list[str]
    rows: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """One table that changes in place: ``new`` and ``old`` are columns with what they are computed from.

    :param fate: what finalizing makes of the old columns. :param rows: the planner's estimate.
    """

    name: str
    rename: str | None
    new: dict[str, str]
    old: dict[str, str]
    alter_sql: str | None
    fate: str
    rows: int | None


@dataclass(frozen=True, slots=True)
class DualPlan:
    """The plan of one run of the dual_write strategy.

    :param changes: tables that change in place, instead of ``tables``.
    :param left_out: old tables whose rows may have no place, each with the reason.
    :param fill: seconds that the backfill takes, estimated; None where nothing is known.
    :param hold: seconds for which each share of reads is watched.
    """

    migration: str
    title: str
    owner: str
    description: str | None
    source: str
    version: str
    writer: str
    store: str
    instances: int
    made_at: str
    tables: list[NewTable]
    changes: list[Change]
    left_out: dict[str, str]
    way_back: list[str]
    shadow: float
    steps: list[float]
    hold: float
    fill: Range | None
    findings: list[Finding]
    point: dict[str, Any] | None
    automatic_rollback: bool
    approval: str
    window_start: str | None
    channel: str | None
    window: float
    max_pause: float
    up_sql: str | None
    run_id: str | None = None

    @property
    def total(self) -> Range | None:
        """Seconds for the whole run, without the time for which people are asked."""
        if self.fill is None:
            return None
        watched = self.hold * (1 + len(self.steps))
        return Range(self.fill.low + watched, self.fill.high + watched)

    @property
    def objects(self) -> str:
        """What it is about, in a few words."""
        old = {origin for table in self.tables for origin in table.origins}
        return f"{len(old)} tables become {len(self.tables)}"

    @property
    def rows(self) -> int | None:
        """How many rows the new side will have, as far as the planner knows."""
        return sum(table.rows or 0 for table in self.tables)

    @property
    def markdown(self) -> str:
        """The plan as a page for the one who approves it."""
        from cutover.postgres.plan_dual.markdown import render

        return render(self)

    def as_dict(self) -> dict[str, Any]:
        """The plan as JSON-safe data."""
        return asdict(self)

    def __str__(self) -> str:
        return self.markdown


@dataclass(frozen=True, slots=True)
class InPlacePlan(DualPlan):
    """The plan of a run in which tables change in place."""

    @property
    def objects(self) -> str:
        """What it is about, in a few words."""
        renamed = [f"{change.name} becomes {change.rename}" for change in self.changes if change.rename]
        added = sum(len(change.new) for change in self.changes)
        return ", ".join([*([f"{added} new columns"] if added else []), *renamed])

    @property
    def rows(self) -> int | None:
        """How many rows are filled, as far as the planner knows."""
        return sum(change.rows or 0 for change in self.changes if change.new)

    @property
    def markdown(self) -> str:
        """The plan as a page for the one who approves it."""
        from cutover.postgres.plan_dual.in_place import render

        return render(self)
