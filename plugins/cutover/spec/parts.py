"""The parts of a spec beside its tables: pace, limits, validation, way back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from cutover.spec.durations import Duration, within
from cutover.spec.names import ConnectionId
from cutover.spec.sizes import Size, at_least, parse_size

SqlFile = Annotated[
    Path, WithJsonSchema({"type": "string", "pattern": r"^(?!/)(?!.*\.\.)[\w./ -]+\.sql$"}), Field(examples=["up.sql"])
]
Expression = Annotated[str, Field(min_length=1, max_length=10_000, examples=["'{}'::jsonb", "status = 'ACTIVE'"])]
MILLISECOND = timedelta(milliseconds=1)
ZERO, SECOND, HOUR, DAY = timedelta(0), timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


class Part(BaseModel):
    """Base of all parts: unknown keys are refused, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class SchemaSql(Part):
    """SQL of the migration's own, beside the tables: types, functions, new tables, grants."""

    up: SqlFile | None = Field(
        default=None,
        description="Run once, in one transaction: online before the tables are built, blue_green on the empty new"
        " schema; dual_write: it makes the new tables.",
    )
    down: SqlFile | None = Field(
        default=None,
        description="Undoes `up`; run by a rollback. blue_green goes back to the old database instead; dual_write: it"
        " drops the new tables.",
    )


class Backfill(Part):
    """How the rows that are there already are copied."""

    batch_rows: int = Field(
        default=10_000,
        strict=True,
        ge=1,
        le=1_000_000,
        description="Rows of the first batch; it adapts from there.",
    )
    target_batch: Annotated[Duration, within(10 * MILLISECOND, 60 * SECOND)] = Field(
        default=SECOND, description="The time that one batch shall take."
    )
    pause: Annotated[Duration, within(ZERO, HOUR)] = Field(
        default=ZERO,
        description="Pause between two batches of a worker.",
    )
    workers: int = Field(
        default=2,
        strict=True,
        ge=1,
        le=32,
        description="Batches copied at the same time; blue_green: streams of the copy, and indexes built at a time.",
    )
    max_lag: Annotated[Duration, within(ZERO, HOUR)] = Field(
        default=timedelta(seconds=5), description="Replay lag of the source's standbys above which the copy waits."
    )
    max_lock_waits: int = Field(
        default=10,
        strict=True,
        ge=0,
        description="Sessions waiting for a lock above which the copy waits.",
    )
    max_active: int | None = Field(
        default=None,
        strict=True,
        ge=1,
        description="Active sessions above which the copy waits.",
    )
    throttle_query: SqlFile | None = Field(
        default=None, description="One SELECT; the copy waits while its first column is true or above 0."
    )


class Replication(Part):
    """How the new database follows the old one (blue_green); how fast the copy is, `backfill` says."""

    max_wal: Annotated[Size, at_least("1MB")] = Field(
        default=parse_size("20GB"),
        description="WAL that the slot may keep on the live server; before it keeps more, the run gives up and"
        " drops the slot.",
    )
    large_objects: Literal["refuse", "leave"] = Field(
        default="refuse",
        description="Large objects are not replicated. `refuse`: no run while there are any; `leave`: they are left.",
    )
    both_ways: bool = Field(
        default=False,
        strict=True,
        description="After the cutover both databases take writes and follow each other. No row may have two writers:"
        " two updates of one row at the same time end up different on both sides, and nothing resolves that.",
    )


class Validation(Part):
    """What must hold before and after live changes sides."""

    suites: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_\-]{0,99}$")]] = Field(
        default_factory=list, description="Suites of `expectations/`, those of the folder named as the migration first."
    )
    row_diff: Literal["full", "off"] = Field(
        default="full",
        description="Compare every row of both sides, column by column.",
    )
    baseline_queries: SqlFile | None = Field(
        default=None,
        description="SELECTs that are timed and compared on both sides.",
    )
    tolerance: float = Field(
        default=0.10,
        strict=True,
        ge=0,
        le=10,
        description="Slow-down of a baseline query that is accepted (0.10: 10 %).",
    )


class RollbackRules(Part):
    """The way back."""

    automatic: bool = Field(
        default=True,
        strict=True,
        description="Whether a failed step or check takes the run back by itself.",
    )
    window: Annotated[Duration, within(ZERO, 365 * DAY)] = Field(
        default=timedelta(hours=48), description="How long the old side is kept in step after the cutover."
    )
    old_database: Literal["keep", "archive", "drop"] = Field(
        default="archive",
        description="blue_green: what finalizing does with the old database. `archive`: dump it to S3, then revoke"
        " CONNECT; `drop`: drop it, without a dump; `keep`: leave it there, refusing writes as before.",
    )
    archive: ConnectionId = Field(
        default="cutover_s3", description="blue_green: connection id of the S3 that the dump goes to."
    )


class Watch(Part):
    """What follows the cutover."""

    duration: Annotated[Duration, within(ZERO, DAY)] = Field(
        default=timedelta(seconds=10),
        description="How long the run watches health before it leaves the rest to the window.",
    )
