"""Backfill in place: rows of before are touched in batches, and the trigger computes what their new columns hold.

A row that is right is not written, so doing it again costs a read. Two that want the same rows in another order would
wait for each other: a batch gives up first, before the server would choose one of the two to fail.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from psycopg import sql

from cutover import points, sqlfiles
from cutover.context import Db, RunContext
from cutover.errors import CutoverError
from cutover.postgres.dual_write.shape import Direction
from cutover.postgres.in_place.tables import Table
from cutover.postgres.online import catalog, locks
from cutover.postgres.online.meter import Meter
from cutover.postgres.online.pace import BatchSize, Pace

STEP = "backfill"
# Whoever wants to write a row of a batch waits for its end.
TARGET_SECONDS = 0.1
FIRST = 500
TELL_SECONDS = 10.0
SETTINGS: dict[str, Any] = {"search_path": "public", "timezone": "UTC", "datestyle": "ISO, YMD", "jit": "off"}
Key = Sequence[str]  # a row's key, as text


class RowRefused(CutoverError):
    """An expression fails on a row, or gives what the table does not take."""

    code = "DUA038"


def fill(ctx: RunContext, db: Db, table: Table, direction: Direction = "forward") -> int:
    """Make every row what a direction tells; returns how many that has changed.

    :raises RowRefused: naming the table, and what the server says of the row.
    """
    limit, changed, done = locks.patience(db, ctx), 0, 0
    last: Key | None = None
    size = BatchSize(min(FIRST, ctx.spec.backfill.batch_rows), TARGET_SECONDS)
    meter = Meter(ctx, STEP, table.label, catalog.estimate(db, table.oid))
    with Pace(ctx, 1) as pace, ctx.source(STEP, **SETTINGS, lock_timeout=f"{limit.wait_ms}ms") as worker:
        quietly(worker)
        while True:
            speed = pace.gate()
            rows = speed.batch_rows or min(size.rows, ctx.spec.backfill.batch_rows)
            end = worker.execute(_end(table, last, rows)).fetchone()
            if end is None:
                break
            began = time.monotonic()
            changed += _patiently(ctx, worker, table, _batch(table, direction, last, end[1:]))
            last, done = end[1:], done + end[0]
            size.learn(end[0], time.monotonic() - began)
            meter.reached(done)
            points.reach("in_place.fill.batch")
            ctx.cancel.wait(speed.pause)
    meter.finish(done)
    return changed


def quietly(db: Db) -> bool:
    """Let no trigger of the table's own take the backfill for somebody's write; False: the login may not do that."""
    try:
        with db.transaction():
            db.execute("SET session_replication_role = replica")
        return True
    except psycopg.errors.InsufficientPrivilege:
        return False


def _patiently(ctx: RunContext, db: Db, table: Table, batch: sql.Composed) -> int:
    """Do a batch; while somebody keeps one of its rows, again and again, and say so."""
    told = time.monotonic()
    while True:
        try:
            return db.execute(batch).rowcount
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            if time.monotonic() - told > TELL_SECONDS:
                told = time.monotonic()
                ctx.log.warning("backfill of %s waits for rows that somebody keeps locked", table.label)
            ctx.cancel.wait(0.1)
        except psycopg.OperationalError:
            raise
        except psycopg.DatabaseError as error:
            detail = f" {error.diag.message_detail}" if error.diag.message_detail else ""
            raise RowRefused(
                f"backfill of {table.label}: a row cannot be filled: {error.diag.message_primary}.{detail}",
                fix="mend that row, or the expression under columns:; applications would meet the same error.",
            ) from error


def _end(table: Table, last: Key | None, rows: int) -> sql.Composed:
    key = [sql.Identifier(name) for name in table.key]
    return sqlfiles.compose(
        "in_place/fill_end",
        table=table.name,
        keys=_listed(key),
        after=_beyond(table, ">", last),
        rows=sql.Literal(rows),
        texts=_listed(sql.SQL("{}::text").format(name) for name in key),
        down=_listed(sql.SQL("{} DESC").format(name) for name in key),
    )


def _batch(table: Table, direction: Direction, last: Key | None, end: Key) -> sql.Composed:
    return sqlfiles.compose(
        "in_place/fill",
        table=table.name,
        keys=_listed(map(sql.Identifier, table.key)),
        same=sql.SQL(" AND ").join(sql.SQL("t.{0} = w.{0}").format(sql.Identifier(name)) for name in table.key),
        range=sql.SQL("{} AND {}").format(_beyond(table, ">", last), _beyond(table, "<=", end)),
        differing=table.differing(direction),
        assigned=_listed(
            sql.SQL("{} = {}").format(sql.Identifier(name), table.cast(name, expression))
            for name, expression in table.told(direction).items()
        ),
    )


def _beyond(table: Table, sign: str, key: Key | None) -> sql.Composable:
    if key is None:
        return sql.SQL("true")
    columns = _listed(sql.Identifier("t", name) for name in table.key)
    values = (
        sql.SQL("{}::{}").format(sql.Literal(value), sql.SQL(table.columns[name].kind))  # type: ignore[arg-type]
        for name, value in zip(table.key, key, strict=True)
    )
    return sql.SQL("({}) {} ({})").format(columns, sql.SQL(sign), _listed(values))  # type: ignore[arg-type]


def _listed(parts: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(parts)
