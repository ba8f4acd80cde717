"""Backfill: copy what was there before capture began, in batches of a key range each, by several workers.

No row is locked, and the shadow has no index yet: this runs at nearly the speed of one plain INSERT ... SELECT. A
row that changes while it is being copied is in the log, and the drain, which starts when all batches have
committed, settles it; a key cannot be copied twice, because ranges do not overlap and a batch commits with its
checkpoint.
"""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import psycopg
from psycopg import sql

from cutover import points, sqlfiles
from cutover.context import RunContext
from cutover.errors import CutoverError
from cutover.postgres.online import catalog, guard, rows, slices, state
from cutover.postgres.online.meter import Meter
from cutover.postgres.online.pace import BatchSize, Pace
from cutover.postgres.online.state import Table

MOST_WORKERS = 8


class RowRefused(CutoverError):
    """The shadow table does not take a row of the live table."""

    code = "ONL030"


def backfill(ctx: RunContext) -> dict[str, Any]:
    """Copy every table of the run that is not copied yet.

    :returns: ``{"rows": n, "seconds": s, "rows_per_second": r, "tables": {...}}``.
    :raises RowRefused: a row violates the shadow's constraints, or an expression fails on it.
    """
    began = time.monotonic()
    figures: dict[str, Any] = {}
    with guard.alone(ctx, "backfill") as db:
        for table in state.tables(db, ctx.run_id):
            if not table.at_least("filled"):
                figures[table.label] = _fill(ctx, db, table)
    seconds = time.monotonic() - began
    total = sum(item["rows"] for item in figures.values())
    return {
        "rows": total,
        "seconds": round(seconds, 3),
        "rows_per_second": round(total / max(seconds, 1e-9)),
        "tables": figures,
    }


def _fill(ctx: RunContext, db: psycopg.Connection[Any], table: Table) -> dict[str, Any]:
    estimate = catalog.estimate(db, table.original)
    workers = ctx.spec.backfill.workers
    slices.plan(db, table, workers, estimate)
    before = slices.copied(db, table)
    meter = Meter(ctx, "backfill", table.label, max(estimate, before), done=before)
    began = time.monotonic()
    with Pace(ctx, workers) as pace:
        _work(ctx, table, slices.remaining(db, table), pace, meter)
    copied = slices.copied(db, table)
    state.set_phase(db, table, "filled")
    meter.finish(copied)
    seconds = time.monotonic() - began
    return {
        "rows": copied,
        "seconds": round(seconds, 3),
        "rows_per_second": round((copied - before) / max(seconds, 1e-9)),
    }


class _Queue:
    """The slices that are left. Whoever takes one copies one batch of it and puts it back."""

    def __init__(self, numbers: list[int]) -> None:
        self._waiting = list(reversed(numbers))
        self._lock = threading.Lock()
        self.left = len(numbers)
        self.failed = threading.Event()

    def take(self) -> int | None:
        with self._lock:
            return self._waiting.pop() if self._waiting else None

    def put_back(self, number: int, *, more: bool) -> None:
        with self._lock:
            if more:
                self._waiting.append(number)
            else:
                self.left -= 1

    @property
    def over(self) -> bool:
        return self.left == 0 or self.failed.is_set()


def _work(ctx: RunContext, table: Table, numbers: list[int], pace: Pace, meter: Meter) -> None:
    """Let more threads loose than the plan has workers, so that an operator can raise their number."""
    slices_left = _Queue(numbers)
    most = min(len(numbers), max(MOST_WORKERS, pace.workers))
    with ThreadPoolExecutor(max(1, most), thread_name_prefix="cutover-backfill") as pool:
        jobs = [pool.submit(_worker, ctx, table, i, slices_left, pace, meter) for i in range(most)]
        wait(jobs)
    for job in jobs:
        job.result()


def _worker(ctx: RunContext, table: Table, worker: int, left: _Queue, pace: Pace, meter: Meter) -> None:
    size = BatchSize(ctx.spec.backfill.batch_rows, ctx.spec.backfill.target_batch.total_seconds())
    settings: dict[str, Any] = {"search_path": rows.path(table.names), "synchronous_commit": "off", "jit": "off"}
    with contextlib.ExitStack() as stack:
        db: psycopg.Connection[Any] | None = None
        try:
            while not left.over:
                speed = pace.gate()
                number = left.take() if worker < pace.workers else None
                if number is None:
                    ctx.cancel.wait(0.05)
                    continue
                db = db or stack.enter_context(ctx.source("backfill", **settings))
                began = time.monotonic()
                more, count = _batch(db, table, number, speed.batch_rows or size.rows)
                size.learn(count, time.monotonic() - began)
                left.put_back(number, more=more)
                meter.add(count)
                ctx.cancel.wait(speed.pause)
        except psycopg.Error as error:
            left.failed.set()
            ctx.cancel.check()
            raise _explained(table, error) from error
        except BaseException:
            left.failed.set()
            raise


def _batch(db: psycopg.Connection[Any], table: Table, number: int, size: int) -> tuple[bool, int]:
    """Copy one batch and move the checkpoint in one transaction; returns whether the slice has more, and the rows."""
    with db.transaction():
        part = slices.lock(db, table, number)
        if part is None:
            return False, 0
        end = slices.end_of_batch(db, table, part, size)
        points.reach("fill.before_copy")
        copied = db.execute(
            sqlfiles.compose(
                "online/fill_copy",
                follower=table.names.shadow,
                columns=rows.columns(table.design.forward),
                values=rows.values(table.design.forward),
                live=table.names.live,
                alias=sql.Identifier(table.names.table),
                range=slices.between(table.design.original_key, part.cursor, end or part.upper),
            )
        ).rowcount
        points.reach("fill.copied")
        slices.advance(db, table, part, end, copied)
    return end is not None, copied


def _explained(table: Table, error: psycopg.Error) -> Exception:
    if not isinstance(error, (psycopg.errors.IntegrityError, psycopg.errors.DataError)):
        return error
    detail = f" {error.diag.message_detail}" if error.diag.message_detail else ""
    return RowRefused(
        f"backfill of {table.label}: the shadow table refuses a row: {error.diag.message_primary}.{detail}",
        fix="mend that row, or the expression in columns:, or the constraint in alter; the live table is untouched.",
    )
