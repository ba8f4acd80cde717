"""The order of a run: what each step does, what it locks, and for how long."""

from __future__ import annotations

from cutover.postgres.plan.model import Range, Step, TablePlan
from cutover.postgres.plan.words import between, milliseconds, span
from cutover.postgres.preflight import LockNeeded
from cutover.spec.models import Migration

READ = "ACCESS SHARE (as any query)"


def steps(spec: Migration, tables: list[TablePlan], locks: list[LockNeeded]) -> list[Step]:
    """Return the steps of the online strategy, in order."""
    names = ", ".join(table.name for table in tables)
    limit, wait = spec.cutover, milliseconds(spec.cutover.lock_timeout)
    return [
        *_up(spec),
        Step(
            "build",
            f"shadow of {names}; capture of every touched key begins",
            f"SHARE ROW EXCLUSIVE on {names} to put the triggers on: waits at most {wait} for open writes, and"
            " tries again",
            "milliseconds",
        ),
        Step("backfill", "copies what is there, by key ranges", READ, _sum(table.fill for table in tables)),
        Step(
            "index",
            "key, what was touched meanwhile, other indexes, ANALYZE",
            READ + "; the indexes are the shadow's",
            _sum(table.build_indexes for table in tables),
        ),
        Step("catch up", "follows the live table until it is in step", READ, "seconds"),
        Step("verify", "exact counts, row diff, suites, while writes go on", READ, _sum(t.verify for t in tables)),
        Step(
            "swap",
            "locks, drains the rest, exchanges the tables, turns the capture round: one transaction",
            f"ACCESS EXCLUSIVE on {len(locks)} relations (below); each attempt waits at most {wait},"
            f" {limit.attempts} attempts",
            f"everybody waits, at most {milliseconds(limit.max_pause)}",
        ),
        Step(
            "settle",
            "validates foreign keys and constraints, ANALYZE",
            "SHARE UPDATE EXCLUSIVE: reads and writes go on",
            "seconds to minutes",
        ),
        Step("watch", "health; the old table follows", READ, span(spec.watch.duration.total_seconds())),
        Step(
            "finalize",
            "by hand or after the window: capture off, old table archived or dropped",
            f"ACCESS EXCLUSIVE on {names}, to take the triggers off",
            "milliseconds",
        ),
    ]


def _up(spec: Migration) -> list[Step]:
    if not spec.schema_sql.up:
        return []
    return [
        Step(
            "schema: up",
            f"runs {spec.schema_sql.up} once, in one transaction",
            "those of its own statements",
            "its own",
        )
    ]


def _sum(parts: object) -> str:
    found: list[Range | None] = list(parts)  # type: ignore[call-overload]
    known = [part for part in found if part is not None]
    if len(known) < len(found) or not known:
        return "not measured"
    return between(Range(sum(part.low for part in known), sum(part.high for part in known)))
