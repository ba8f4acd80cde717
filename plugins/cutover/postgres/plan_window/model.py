"""What the plan of a maintenance window says, as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from cutover.postgres.plan.model import Range
from cutover.postgres.preflight import Finding


@dataclass(frozen=True, slots=True)
class WindowTable:
    """One table; ``rows`` is the planner's estimate, None where unknown."""

    name: str
    rows: int | None
    bytes: int


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """The plan of one run of the stop_the_world strategy.

    :param target: connection, host and database that take over; None: in place.
    :param forecast: see :func:`cutover.postgres.stop_the_world.estimate`.
    :param hooks: ``(when, what)`` of each.
    """

    migration: str
    title: str
    owner: str
    description: str | None
    source: str
    target: str | None
    version: str
    router: str | None
    clients: str
    made_at: str
    tables: list[WindowTable]
    findings: list[Finding]
    forecast: dict[str, Any]
    hooks: list[tuple[str, str]]
    point: dict[str, Any] | None
    automatic_rollback: bool
    approval: str
    window_start: str | None
    channel: str | None
    window: float
    drain: float
    up_sql: str | None
    run_id: str | None = None

    @property
    def total(self) -> Range:
        """Seconds of downtime."""
        return self.span("downtime_s")

    def span(self, name: str) -> Range:
        found = self.forecast[name]
        return Range(found["low"], found["high"])

    @property
    def objects(self) -> str:
        """What it is about, in a few words."""
        how = f"into {self.target}" if self.target else "in place"
        return f"a maintenance window: {len(self.tables)} tables {how}"

    @property
    def rows(self) -> int | None:
        """How many rows there are, as far as the planner knows."""
        return sum(table.rows or 0 for table in self.tables)

    @property
    def markdown(self) -> str:
        """The plan as a page for the one who approves it."""
        from cutover.postgres.plan_window.markdown import render

        return render(self)

    def as_dict(self) -> dict[str, Any]:
        """The plan as JSON-safe data."""
        return asdict(self)

    def __str__(self) -> str:
        return self.markdown
