"""Workers that carry the rows of one snapshot over: each has a session on either side and takes job after job."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from cutover import points
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.blue_green import fill, guard_wal, stream
from cutover.postgres.blue_green.chunks import Job, Part
from cutover.postgres.blue_green.stream import Moved
from cutover.postgres.online.meter import Meter
from cutover.postgres.online.pace import Pace

STEP = "copy"
# What the workers' sessions are called, unlike the one that holds the run's lock: whoever begins again ends these.
SESSIONS = "copying"
MOST_WORKERS = 16
GUARD_EVERY = 5.0
IDLE = 0.25


class RowRefused(CutoverError):
    """Green does not take a row of blue's."""

    code = "BGR052"


@dataclass(slots=True)
class Copier:
    """One attempt at copying everything.

    :ivar snapshot: exported on blue, valid as long as this works.
    :ivar encoding: blue's; both sessions speak it, so that only green converts.
    :ivar meters: by table label; ``total`` counts all.
    """

    ctx: RunContext
    snapshot: str
    encoding: str
    meters: Mapping[str, Meter]
    total: Meter
    moved: dict[str, Moved] = field(default_factory=lambda: defaultdict(lambda: Moved(0, 0)))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _failed: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)
    _waiting: list[Job] = field(default_factory=list)
    _left: int = 0
    _parts: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def run(self, jobs: Sequence[Job], guard: Db) -> None:
        """Copy all jobs.

        :param guard: a session on blue, to watch how much WAL the slot keeps meanwhile.
        :raises RowRefused: naming the table and why.
        """
        self._waiting, self._left = list(reversed(jobs)), len(jobs)
        if not jobs:
            return
        for part in (part for job in jobs for part in job):
            self._parts[part.wire.table.label] += 1
        workers = self.ctx.spec.backfill.workers
        most = min(len(jobs), max(MOST_WORKERS, workers))
        with (
            ThreadPoolExecutor(max(1, most), thread_name_prefix="cutover-copy") as pool,
            Pace(self.ctx, workers) as pace,  # ends first, and lets go whoever is paused: the pool waits for them
        ):
            working = [pool.submit(self._work, number, pace) for number in range(most)]
            try:
                while not wait(working, timeout=GUARD_EVERY, return_when=FIRST_EXCEPTION).done.issuperset(working):
                    if self._failed.is_set():
                        break
                    guard_wal.check(self.ctx, guard, "blue")
                    self.ctx.cancel.check()
            except BaseException:
                self._failed.set()
                raise
        for job in sorted(working, key=lambda job: isinstance(job.exception(), _Stopped)):
            job.result()  # what went wrong first, before those whom that stopped

    def _take(self) -> Job | None:
        with self._lock:
            return self._waiting.pop() if self._waiting else None

    def _work(self, number: int, pace: Pace) -> None:
        with ExitStack() as closing:
            sessions: tuple[Db, Db] | None = None
            try:
                while not (self._over.is_set() or self._failed.is_set()):
                    speed = pace.gate()
                    job = self._take() if number < pace.workers and not self._failed.is_set() else None
                    if job is None:  # more than the plan has workers are ready, for an operator who wants more
                        self._over.wait(IDLE)
                        continue
                    sessions = sessions or self._open(closing)
                    self._do(job, *sessions, pace)
                    self.ctx.cancel.wait(speed.pause)
            except BaseException:
                self._failed.set()
                self.ctx.cancel.check()
                raise

    def _open(self, closing: ExitStack) -> tuple[Db, Db]:
        # A worker that is paused is idle in its transaction: that must not end it.
        patient = {"client_encoding": self.encoding, "idle_in_transaction_session_timeout": "0", "jit": "off"}
        blue = closing.enter_context(self.ctx.source(SESSIONS, **patient))  # type: ignore[arg-type]
        green = closing.enter_context(self.ctx.target(SESSIONS, **patient, synchronous_commit="off"))  # type: ignore[arg-type]
        stream.widen(blue)
        blue.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        blue.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(self.snapshot)))
        return blue, green

    def _do(self, job: Job, blue: Db, green: Db, pace: Pace) -> None:
        """One transaction on green: rows of tables that are copied in one go are frozen as they come."""
        found: list[tuple[Part, Moved]] = []
        with green.transaction():
            for part in job:
                found.append((part, self._copy(part, blue, green, pace)))
            points.reach("bg.copy.part")
        for part, moved in found:
            self._count(part, moved)
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self._over.set()

    def _copy(self, part: Part, blue: Db, green: Db, pace: Pace) -> Moved:
        table, meter, told = part.wire.table, self.meters[part.wire.table.label], 0

        def tell(rows: int) -> None:
            nonlocal told
            told += rows
            meter.add(rows)
            self.total.add(rows)

        def hold() -> None:
            if self._failed.is_set():
                raise _Stopped
            pace.gate()

        freeze = part.whole and not part.wire.partitioned
        try:
            if freeze:
                green.execute(sql.SQL("TRUNCATE ONLY {}").format(table.identifier))
            for db in (blue, green):  # names in values (regclass and its like) are written and read on the same path
                db.execute("SELECT set_config('search_path', %s, true)", (fill.path(table),))
            moved = stream.pour(blue, green, part.wire.out(part.pages()), part.wire.into(freeze=freeze), tell, hold)
        except (psycopg.errors.IntegrityError, psycopg.errors.DataError) as error:
            raise _explained(part, error) from error
        tell(moved.rows - told)
        return moved

    def _count(self, part: Part, moved: Moved) -> None:
        label = part.wire.table.label
        with self._lock:
            before = self.moved[label]
            self.moved[label] = now = Moved(before.rows + moved.rows, before.bytes + moved.bytes)
            self._parts[label] -= 1
            over = self._parts[label] == 0
        if over:
            self.meters[label].finish(now.rows)


class _Stopped(Exception):
    """Another worker failed."""


def _explained(part: Part, error: psycopg.Error) -> RowRefused:
    detail = f" {error.diag.message_detail}" if error.diag.message_detail else ""
    where = f" ({error.diag.context.splitlines()[0]})" if error.diag.context else ""
    return RowRefused(
        f"copy of {part.wire.table.label}: a row does not fit: {error.diag.message_primary}.{detail}{where}",
        fix="mend that row on blue, or the expression in columns:, or what schema: up makes of the table.",
    )


def speed(moved: Mapping[str, Moved], began: float) -> dict[str, float | int]:
    """Return totals for people: rows, bytes, seconds, and both by the second."""
    seconds = max(time.monotonic() - began, 1e-9)
    rows, size = sum(each.rows for each in moved.values()), sum(each.bytes for each in moved.values())
    return {
        "rows": rows,
        "bytes": size,
        "seconds": round(seconds, 3),
        "rows_per_second": round(rows / seconds),
        "megabytes_per_second": round(size / seconds / 1e6, 1),
    }
