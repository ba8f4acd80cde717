"""Restore a rollback point into an empty database: schema, rows in parallel, then indexes and constraints, ANALYZE."""

from __future__ import annotations

import io
import os
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg

from cutover import points, sqlfiles
from cutover.connections import ConnectionInfo
from cutover.context import Db
from cutover.errors import CutoverError
from cutover.postgres import contents, owning, programs, sessions, surroundings, toc
from cutover.postgres.backup import analyzing, checking
from cutover.postgres.backup.beside import Beside
from cutover.postgres.backup.filling import Filling, Rows, by_table
from cutover.postgres.backup.manifest import Manifest, Part
from cutover.postgres.backup.sealed import Tap
from cutover.postgres.backup.sections import BUILT, SETTINGS, STEP, Entries, NotRestored, Restoring, in_memory
from cutover.postgres.backup.store import Store
from cutover.postgres.online.meter import Meter
from cutover.postgres.programs import ProgramFailed
from cutover.postgres.surroundings import Surroundings
from cutover.postgres.task import Task

NAMED = 8


class NotEmpty(CutoverError):
    """The database that a rollback point shall go to has something in it."""

    code = "BAK024"


@dataclass(frozen=True, slots=True)
class _Order:
    """One restore. ``marks``: when its stages ended."""

    ctx: Task
    store: Store
    manifest: Manifest
    identity: Any
    into: ConnectionInfo
    workers: int
    meter: Meter
    marks: list[float]

    def unsealed(self, part: Part, writer: Any) -> None:
        """Write a part's archive into ``writer``."""
        with self.store.open(f"{self.manifest.name}/{part.name}") as stream:
            tap = Tap(stream, self.meter.add, hashing=True)
            checking.unsealed(self.store, self.manifest, part, tap, Tap(writer), self.identity)

    def mark(self) -> None:
        self.marks.append(time.monotonic())

    def took(self) -> list[float]:
        """Seconds of each stage."""
        return [round(end - begin, 3) for begin, end in zip(self.marks, self.marks[1:], strict=False)]


def restore(
    ctx: Task,
    store: Store,
    manifest: Manifest,
    identity: Any,
    into: ConnectionInfo,
    *,
    workers: int = 2,
    whole: bool = True,
) -> dict[str, Any]:
    """Restore a rollback point that was checked into a database that is there and empty; extensions may be in it.

    Subscriptions are left out: they would begin to follow. Publications and event triggers that the login may not make
    are named among the remarks, with everything else that is not as it was.

    :param into: its login must be a member of all owners, or a superuser.
    :param whole: also the settings, privileges, comment and owner of the database itself.
    :returns: ``{"seconds", "seconds_rows", "seconds_indexes", "seconds_analyze", "bytes", "rows", "remarks"}``.
    :raises NotEmpty, ServerTooOld, NotRestored, PartDamaged: after NotRestored make the database anew.
    """
    meter = Meter(ctx, STEP, "bytes", manifest.size, unit="bytes")
    order = _Order(ctx, store, manifest, identity, into, workers, meter, [])
    order.mark()
    with ctx.open(into, STEP) as db:
        version = db.info.server_version
        checking.fits(manifest, version, into)
        sessions.end(ctx, db, STEP, here=True)
        refuse_filled(db, into)
    tools = programs.find(version, manifest.program_version * 10000)
    odd = tools.major >= toc.SETS_MORE_SINCE > version // 10000
    beside = _beside(order)
    with in_memory() as handle:
        with os.fdopen(os.dup(handle), "wb") as writer:
            order.unsealed(manifest.of("main")[0], writer)
        main = Restoring(tools, into, handle, odd)
        entries = main.entries(ctx)
        _make(order, main, entries, beside)
        analyzing.analyze(ctx, into, workers)
        order.mark()
        remarks = _rest(order, main, entries, beside.surroundings if whole else None)
    meter.finish(manifest.size)
    rows, indexes, analyze = order.took()
    seconds = {"seconds": round(sum(order.took()), 3), "seconds_rows": rows, "seconds_indexes": indexes}
    figures = {**seconds, "seconds_analyze": analyze, "bytes": manifest.size, "rows": manifest.rows, "remarks": remarks}
    ctx.log.info("%s is restored into %s in %.1f s", manifest.name, into.label(), figures["seconds"])
    return figures


def refuse_filled(db: Db, info: ConnectionInfo) -> None:
    """:raises NotEmpty: naming what is in the database of ``db`` that a fresh one has not."""
    found = contents.find(db, contents.extensions(db))
    if found:
        names = ", ".join(f"{content.kind} {content.name}" for content in found[:NAMED])
        more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
        raise NotEmpty(
            f"{info.label()} is not empty: {names}{more}.",
            fix="make the database anew, or name an empty one.",
        )


def _beside(order: _Order) -> Beside:
    out = io.BytesIO()
    order.unsealed(order.manifest.of("database")[0], out)
    return Beside.from_json(out.getvalue())


def _make(order: _Order, main: Restoring, entries: Entries, beside: Beside) -> None:
    """Schema, rows, then everything that is made faster, or can only be made, over rows that are there."""
    ctx = order.ctx
    with ctx.open(order.into, STEP) as db, owning.let_in(db, beside.owners, schemas=False):
        main.run(ctx, entries.first)
        with owning.let_in(db, beside.owners, schemas=True):
            main.run(ctx, entries.pre)
            points.reach("backup.restore.schema")
            rest = _fill(order, main, entries, beside)
            order.mark()
            points.reach("backup.restore.rows")
            built = Meter(ctx, STEP, "indexes", sum(1 for line in entries.post if BUILT.match(line)), unit="objects")
            jobs = ("-j", str(order.workers)) if order.workers > 1 else ()
            for part, at_once in toc.passes(rest):
                main.run(ctx, part, *(jobs if at_once else ()), meanwhile=partial(_count, ctx, order.into, built))
            order.mark()


def _fill(order: _Order, main: Restoring, entries: Entries, beside: Beside) -> list[str]:
    """Read all rows in, and build what needs one full table only; return what is left to be made."""
    early = by_table(entries.post, beside)
    streams = [
        Rows(part.plain, partial(_stream, order, main, part), beside.big.get(part.name, ()))
        for part in (*order.manifest.of("large_objects"), *order.manifest.of("data"))
    ]
    streams.append(Rows(order.manifest.of("main")[0].plain, lambda task: main.run(task, entries.data)))
    Filling(streams, early, lambda task, entry: main.run(task, [entry])).run(order.ctx, order.workers)
    made = {entry for found in early.values() for entry in found}
    return [entry for entry in entries.post if entry not in made]


def _stream(order: _Order, main: Restoring, part: Part, task: Task) -> None:
    stop = [] if main.odd else ["--exit-on-error"]
    try:
        with main.tools.feeding(task, "pg_restore", ["-Fc", *stop], order.into, STEP, SETTINGS) as stream:
            order.unsealed(part, stream)
    except ProgramFailed as error:
        main.judge(error)


def _count(ctx: Task, info: ConnectionInfo, meter: Meter) -> None:
    try:
        with ctx.open(info, "restore-look") as db:
            row = db.execute(sqlfiles.text("dump/post_data_count")).fetchone()  # type: ignore[arg-type]
    except psycopg.Error:
        return
    if row:
        meter.reached(int(row[0]))


def _rest(order: _Order, main: Restoring, entries: Entries, around: Surroundings | None) -> list[str]:
    """Make what may fail without anybody losing a row; return remarks on what is not as it was."""
    remarks = [f"subscription {name} is not made again: it would begin to follow" for name in entries.subscriptions]
    for entry in entries.outer:
        try:
            main.run(order.ctx, [entry])
        except NotRestored as error:
            said = str(error.__cause__).partition("error:")[2].strip().splitlines() or [str(error.__cause__)]
            remarks.append(f"{entry.split('; ', 1)[-1].split(' ', 2)[-1]} is not made again: {said[0]}")
    if around:
        with order.ctx.open(order.into, STEP) as db:
            remarks += surroundings.give(db, around, made=True)
    for remark in remarks:
        order.ctx.log.warning("%s", remark)
    return remarks
