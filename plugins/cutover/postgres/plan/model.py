"""What a plan says, as data; :mod:`cutover.postgres.plan.markdown` makes it readable."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from cutover.postgres.preflight import Finding, LockNeeded


@dataclass(frozen=True, slots=True)
class Measured:
    """Speeds measured on a copy in a transaction that was rolled back, by one session; rows/s.

    :param copy: into the shadow without indexes; :param read: hashing whole rows, as verification does.
    :param index_seconds: building all of the shadow's indexes over ``rows`` rows.
    """

    rows: int
    copy: float
    read: float
    index_seconds: float


@dataclass(frozen=True, slots=True)
class Range:
    """Seconds, from a good case to a bad one."""

    low: float
    high: float

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high)


@dataclass(frozen=True, slots=True)
class Change:
    """One column of the new table, or one that goes (``column`` is None then).

    :param source: where its value comes from; :param back: how it goes back, None where it does not.
    """

    column: str | None
    type: str
    source: str
    back: str | None


@dataclass(frozen=True, slots=True)
class TablePlan:
    """:param rows: the planner's estimate; None where unknown. :param key: the columns that identify a row."""

    name: str
    rows: int | None
    heap: int
    indexes: int
    key: list[str]
    changes: list[Change]
    unchanged: int
    statements: str
    constraints: list[str]
    kept: list[str]
    old_table: str
    measured: Measured | None = None
    fill: Range | None = None
    build_indexes: Range | None = None
    verify: Range | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the run: what it does, what it locks, and how long that lasts."""

    name: str
    what: str
    locks: str
    time: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of one run of the online strategy.

    :param database: connection id, host and database, as people know it.
    :param window: how long the way back stays open, in seconds.
    """

    migration: str
    title: str
    owner: str
    description: str | None
    database: str
    server: str
    made_at: str
    tables: list[TablePlan]
    findings: list[Finding]
    steps: list[Step]
    locks: list[LockNeeded]
    affected: list[str]
    disk: dict[str, int]
    total: Range | None
    window: float
    automatic_rollback: bool
    approval: str
    window_start: str | None
    channel: str | None
    up_sql: str | None
    run_id: str | None = None
    point: dict[str, Any] | None = None

    @property
    def objects(self) -> str:
        """What it is about, in a few words."""
        return ", ".join(table.name for table in self.tables)

    @property
    def rows(self) -> int | None:
        """How many rows will be copied; None where that is not known of each table."""
        counts = [table.rows for table in self.tables]
        return sum(count or 0 for count in counts) if counts and None not in counts else None

    @property
    def markdown(self) -> str:
        """The plan as a page for the one who approves it."""
        from cutover.postgres.plan.markdown import render

        return render(self)

    def as_dict(self) -> dict[str, Any]:
        """The plan as JSON-safe data."""
        return asdict(self)

    def __str__(self) -> str:
        return self.markdown
