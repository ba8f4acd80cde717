"""The order of a run between two databases: what each step does, what it holds on blue, and for how long."""

from __future__ import annotations

from cutover.postgres.plan.model import Range
from cutover.postgres.plan.words import between, milliseconds, span
from cutover.postgres.plan_pair.model import PairStep, Times
from cutover.postgres.preflight_pair.facts import Pair
from cutover.spec.sizes import format_size

NOTHING = "nothing: reads only"
FATES = {
    "archive": "it is dumped to S3, and its CONNECT revoked",
    "drop": "it is dropped",
    "keep": "it is left there, refusing writes",
}


def pause(found: Range) -> str:
    """Return ``30 to 250 ms``."""
    return f"{found.low * 1000:.0f} to {found.high * 1000:.0f} ms"


def steps(pair: Pair, times: Times) -> list[PairStep]:
    """Return the steps of the blue_green strategy, in order."""
    spec = pair.spec
    wait, limit = milliseconds(spec.cutover.lock_timeout), milliseconds(spec.cutover.max_pause)
    made = "makes the database, " if pair.green.missing else ""
    up = f", then {spec.schema_sql.up}" if spec.schema_sql.up else ""
    wal = f"WAL is kept from here on, up to {format_size(spec.replication.max_wal)}"
    return [
        PairStep(
            "build",
            f"{made}carries roles, restores blue's schema on green{up}; publishes blue's tables, and puts a fence on"
            " each that is still down",
            f"SHARE ROW EXCLUSIVE on one table after another, waiting at most {wait} each",
            "seconds",
        ),
        PairStep(
            "copy",
            f"{spec.backfill.workers} streams under one snapshot, into tables without indexes",
            f"a snapshot, so vacuum keeps dead rows; {wal}",
            between(times.copy),
        ),
        PairStep("index", "keys, indexes and constraints on green, ANALYZE", wal, between(times.index)),
        PairStep("follow", "green applies what was written meanwhile, and stays in step", wal, "seconds to minutes"),
        PairStep(
            "verify",
            "counts, row diff, schema diff, suites and baseline, while writes go on",
            NOTHING,
            between(times.verify),
        ),
        PairStep(
            "cut over",
            "holds the clients in the pooler; raises blue's fence; waits until green has everything; sets the"
            " sequences; leads the clients to green; lets them go on",
            f"all writers, for {pause(times.pause)} and the slowest open transaction; past {limit} everything stays"
            " as it was",
            f"clients wait at most {limit}",
        ),
        PairStep(
            "watch",
            "clients are seen on green and none on blue; blue follows green",
            NOTHING,
            span(spec.watch.duration.total_seconds()),
        ),
        PairStep(
            "finalize",
            f"by hand or after the window: replication ends; the old database: {FATES[spec.rollback.old_database]}",
            "the old database, which nobody uses any more",
            "its own",
        ),
    ]
