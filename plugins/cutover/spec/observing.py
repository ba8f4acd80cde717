"""The part of a spec that says how a run is looked after between its cutover and the end of its window."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from cutover.spec.durations import Duration, within
from cutover.spec.names import Line
from cutover.spec.parts import DAY, HOUR, MILLISECOND, SECOND, ZERO, Part, SqlFile
from cutover.spec.sizes import Size, at_least, parse_size
from cutover.spec.window import Action

MINUTE = timedelta(minutes=1)
Percent = Annotated[float, Field(strict=True, ge=0, le=100)]
# What can take a run back, by the word that a spec uses for it.
Cause = Literal[
    "error_rate",
    "query_time",
    "connections",
    "lag",
    "lock_wait",
    "long_query",
    "wal",
    "disk",
    "violations",
    "count_difference",
    "probes",
    "queries",
]


class Close(Part):
    """Close looks, right after the cutover."""

    for_: Annotated[Duration, within(ZERO, 30 * DAY)] = Field(
        default=HOUR, alias="for", description="For how long after the cutover."
    )
    every: Annotated[Duration, within(MINUTE, HOUR)] = Field(
        default=MINUTE, description="How often; so often also whenever something is over its limit."
    )


class Wide(Part):
    """Looks in wide steps, until the window ends."""

    every: Annotated[Duration, within(MINUTE, DAY)] = Field(
        default=timedelta(minutes=15),
        description="How often; and how often, at most, rows are counted and suites are run while all is well.",
    )


class Thresholds(Part):
    """From when on something is over its limit. What is exactly at its limit is not over it."""

    query_ms: Annotated[float, Field(strict=True, gt=0, le=3_600_000)] = Field(
        default=1000, description="Milliseconds: the slowest of `validate.baseline_queries` on the live side."
    )
    connections_percent: Percent = Field(
        default=80, description="Percent: connections in use of those that the live server lets in."
    )
    error_rate_percent: Percent = Field(
        default=1,
        description="Percent: transactions that were rolled back since the last look, of all, beyond what was usual"
        " before the cutover.",
    )
    lag: Annotated[Duration, within(MILLISECOND, DAY)] = Field(
        default=MINUTE, description="How far the side that follows is behind."
    )
    lock_wait: Annotated[Duration, within(MILLISECOND, DAY)] = Field(
        default=timedelta(seconds=30), description="The longest wait for a lock."
    )
    long_query: Annotated[Duration, within(MILLISECOND, 30 * DAY)] = Field(
        default=timedelta(minutes=10), description="The longest query that is running."
    )
    wal: Annotated[Size, at_least("1MB")] = Field(
        default=parse_size("10GB"), description="WAL that the live server keeps for one replication slot."
    )
    disk_percent: Percent = Field(default=85, description="Percent: what is used of `disk_capacity`.")
    violations: int = Field(
        default=0,
        strict=True,
        ge=0,
        description="Constraints that are not validated and indexes that cannot be used; expectations of suites that"
        " fail. 0: any one is too many.",
    )
    count_difference: int = Field(
        default=0, strict=True, ge=0, description="Rows in which both sides differ. 0: any one is too many."
    )


class Probe(Action):
    """A smoke test or an end-to-end test; exactly one of `command`, `url` and `connection`."""

    timeout: Annotated[Duration, within(SECOND, timedelta(minutes=10))] = Field(
        default=timedelta(seconds=30), description="A command that takes longer is ended; the look waits for it."
    )


class OwnQuery(Part):
    """A figure that only the application's own tables can tell: its error rate, orders per minute."""

    name: Line = Field(description="What it is called in messages and metrics.")
    query: SqlFile = Field(description="One SELECT of one number, asked of the live side; NULL: nothing to judge.")
    above: Annotated[float, Field(strict=True)] = Field(description="The limit: more than that is too much.")


class Observe(Part):
    """What is looked at in the rollback window, how often, and what follows when something is over its limit.

    See [observe.md](observe.md).
    """

    close: Close = Field(default=Close(), description="see [`observe.close`](#observeclose)")
    wide: Wide = Field(default=Wide(), description="see [`observe.wide`](#observewide)")
    thresholds: Thresholds = Field(default=Thresholds(), description="see [`observe.thresholds`](#observethresholds)")
    probes: list[Probe] = Field(default_factory=list, description="see [`observe.probes`](#observeprobes-each)")
    queries: list[OwnQuery] = Field(default_factory=list, description="see [`observe.queries`](#observequeries-each)")
    disk_capacity: Annotated[Size, at_least("1MB")] | None = Field(
        default=None,
        description="What the live server's volume holds; left out: the disk is not judged, for no query can see it.",
    )
    patience: Annotated[Duration, within(SECOND, timedelta(minutes=10))] = Field(
        default=timedelta(seconds=30),
        description="For each measure of a look; one that takes longer is stopped, and not judged that time.",
    )
    count_patience: Annotated[Duration, within(SECOND, HOUR)] = Field(
        default=timedelta(minutes=2),
        description="The same for counting rows and for suites, which read whole tables.",
    )
    warn_after: Annotated[Duration, within(ZERO, DAY)] = Field(
        default=timedelta(minutes=3), description="How long something has to be over its limit until people are told."
    )
    roll_back_after: Annotated[Duration, within(ZERO, DAY)] = Field(
        default=timedelta(minutes=8),
        description="How long until the run is taken back by itself, where `rollback.automatic` allows it and the way"
        " back loses nothing.",
    )
    roll_back_on: list[Cause] = Field(
        default=["error_rate", "query_time", "violations", "count_difference", "probes", "queries"],
        description="What takes the run back by itself; everything else only warns. `[]`: nothing does.",
    )
