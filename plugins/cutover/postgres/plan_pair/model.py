"""What the plan of a run between two databases says, as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from cutover.postgres.plan.model import Range
from cutover.postgres.preflight import Finding

if TYPE_CHECKING:
    from cutover.postgres.plan_pair.flags import PairFlags


@dataclass(frozen=True, slots=True)
class PairTable:
    """One table of blue.

    :param rows: the planner's estimate; None where unknown. :param known_by: the columns that tell its rows apart,
        ``all columns``, or nothing where it is not followed.
    """

    name: str
    rows: int | None
    bytes: int
    indexes: int
    known_by: str
    followed: bool


@dataclass(frozen=True, slots=True)
class PairChange:
    """One thing that is another one on green: a column, a table, a constraint.

    :param back: what becomes of it on the way back.
    """

    object: str
    here: str
    there: str
    back: str


@dataclass(frozen=True, slots=True)
class PairStep:
    """One step: what it does, what it holds on blue, and how long it lasts."""

    name: str
    what: str
    holds: str
    time: str


@dataclass(frozen=True, slots=True)
class Speed:
    """Bytes per second that one session read from blue, over ``bytes`` of ``table``."""

    table: str
    bytes: int
    per_second: float


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds, each from a good case to a bad one; ``pause`` is what clients notice."""

    copy: Range
    index: Range
    verify: Range
    pause: Range

    @property
    def total(self) -> Range:
        """Until it is ready for the cutover."""
        return self.copy + self.index + self.verify


@dataclass(frozen=True, slots=True)
class PairPlan:
    """The plan of one run of the blue_green strategy, or of double writing between two databases.

    :param blue, green: connection, host and database, as people know them, with the server's version.
    :param flags: what leads applications, where that is a flag.
    :param window: how long the way back stays open, in seconds.
    """

    migration: str
    title: str
    owner: str
    description: str | None
    blue: str
    green: str
    blue_version: str
    green_version: str
    router: str
    made_at: str
    tables: list[PairTable]
    changes: list[PairChange]
    changes_known: bool
    sequences: int
    roles: list[str]
    findings: list[Finding]
    steps: list[PairStep]
    affected: list[str]
    lost: list[str]
    database_bytes: int | None
    times: Times
    speed: Speed | None
    window: float
    max_pause: float
    max_wal: str
    automatic_rollback: bool
    old_database: str
    approval: str
    window_start: str | None
    channel: str | None
    up_sql: str | None
    run_id: str | None = None
    point: dict[str, Any] | None = None
    flags: PairFlags | None = None

    @property
    def total(self) -> Range:
        """Seconds until it is ready for the cutover."""
        return self.times.total

    @property
    def objects(self) -> str:
        """What it is about, in a few words."""
        return f"{len(self.tables)} tables from PostgreSQL {self.blue_version} to {self.green_version}"

    @property
    def rows(self) -> int | None:
        """How many rows will be copied, as far as the planner knows."""
        return sum(table.rows or 0 for table in self.tables)

    @property
    def markdown(self) -> str:
        """The plan as a page for the one who approves it."""
        from cutover.postgres.plan_pair.markdown import render

        return render(self)

    def as_dict(self) -> dict[str, Any]:
        """The plan as JSON-safe data."""
        return asdict(self)

    def __str__(self) -> str:
        return self.markdown
