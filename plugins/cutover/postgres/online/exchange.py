"""The exchange: in one transaction the follower becomes the live table, and the live one its follower.

It is the same in both directions. Two tables of one name change schemas, so that no index, constraint or
sequence has to be renamed; what refers to a table by oid is taken off before and put on after.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg import sql

from cutover import points, recording
from cutover.context import RunContext
from cutover.postgres.online import (
    blockers,
    capture,
    catalog,
    drain,
    foreign_keys,
    locks,
    parts,
    rows,
    sequences,
    state,
    triggers,
    views,
)
from cutover.postgres.online.foreign_keys import ForeignKey
from cutover.postgres.online.parts import Parts
from cutover.postgres.online.state import Table
from cutover.postgres.online.steps.catch_up import in_step

MOST_UNDER_LOCK = 20_000
FEW = 1_000


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What one exchange did. ``pause_ms``: from asking for the first lock to the answer to COMMIT."""

    pause_ms: float
    attempts: int
    drained: int
    views_anew: int


def exchange(ctx: RunContext, db: psycopg.Connection[Any], tables: list[Table]) -> Exchanged:
    """Exchange the two sides of all tables.

    :param db: the connection that holds the run's lock.
    :raises LockNotHad: after the last attempt; nothing has changed.
    """
    began, attempt = 0.0, 0

    def before() -> None:
        for table in tables:
            in_step(ctx, table, enough=FEW)
        blockers.clear_way(ctx, db, oids())

    def work(wait_ms: int) -> tuple[int, int]:
        nonlocal began, attempt
        attempt += 1
        with recording.held(ctx.run_id):
            began = time.monotonic()
            return _once(ctx, db, tables, wait_ms, backwards=attempt % 2 == 0)

    def oids() -> list[int]:
        return list(parts.to_lock(db, tables))

    (drained, anew), attempts = locks.attempt(ctx, db, f"exchange of {_labels(tables)}", oids, work, before)
    return Exchanged(round((time.monotonic() - began) * 1000, 1), attempts, drained, anew)


def _labels(tables: list[Table]) -> str:
    return ", ".join(table.label for table in tables)


def _once(
    ctx: RunContext, db: psycopg.Connection[Any], tables: list[Table], wait_ms: int, *, backwards: bool
) -> tuple[int, int]:
    lives = {parts.sides(table)[0] for table in tables}
    resting = views.gather(db, [*lives, *_matview_oids(db, tables)])
    points.reach("exchange.before_lock")
    _lock(db, tables, resting, wait_ms, backwards=backwards)
    points.reach("exchange.locked")
    locked = time.monotonic()
    state.confirm(db, tables)
    most = ctx.spec.cutover.max_pause.total_seconds()
    db.execute("SELECT set_config('statement_timeout', %s, true)", (f"{int(most * 1000)}ms",))
    blockers.refuse_snapshots(db)
    drained = sum(_drain(db, table) for table in tables)
    points.reach("exchange.drained")
    # Read again under the lock: what was there before it may have changed.
    resting = views.gather(db, [*lives, *_matview_oids(db, tables)])
    moves = [parts.gather(db, table, lives) for table in tables]
    _take_off(db, moves)
    for move in moves:
        _change_places(db, move)
    anew = _put_on(db, moves, resting)
    points.reach("exchange.before_commit")
    if time.monotonic() - locked > most:
        raise locks.TryAgain(f"the exchange took longer than max_pause ({most:g} s)")
    return drained, anew


def _matview_oids(db: psycopg.Connection[Any], tables: list[Table]) -> list[int]:
    return [row["oid"] for table in tables for row in catalog.rows(db, "matviews", table=parts.sides(table)[0])]


def _lock(
    db: psycopg.Connection[Any], tables: list[Table], resting: list[views.View], wait_ms: int, *, backwards: bool
) -> None:
    """Views first, the outermost before those below, then tables: the order in which a query takes its locks.

    :param backwards: take the tables in the opposite order. An application that always writes the child before the
        parent would be in the way of one order for ever, and is in nobody's way in the other.
    """
    db.execute("SELECT set_config('lock_timeout', %s, true)", (f"{wait_ms}ms",))
    began = time.monotonic()
    views.lock(db, resting)
    left = wait_ms - int((time.monotonic() - began) * 1000)
    if left <= 0:
        raise locks.TryAgain(f"locking {len(resting)} dependent views took longer than {wait_ms} ms")
    wanted = list(parts.to_lock(db, tables).values())
    locks.lock_all(db, wanted[::-1] if backwards else wanted, left)


def _drain(db: psycopg.Connection[Any], table: Table) -> int:
    waiting = drain.pending(db, table)
    if waiting > MOST_UNDER_LOCK:
        raise locks.TryAgain(f"{waiting} touched keys of {table.label} came in meanwhile")
    db.execute("SELECT set_config('search_path', %s, true)", (rows.path(table.names),))
    done = drain.drain_within(db, table)
    db.execute("SELECT set_config('search_path', 'pg_catalog', true)")
    return done


def _take_off(db: psycopg.Connection[Any], moves: list[Parts]) -> None:
    for move in moves:
        live = move.table.names.live
        foreign_keys.drop(db, move.into)
        foreign_keys.drop(db, move.out)
        triggers.drop(db, live, move.triggers)
        capture.stop(db, live)
        sequences.release(db, move.sequences)


def _change_places(db: psycopg.Connection[Any], move: Parts) -> None:
    names = move.table.names
    away, home = sql.Identifier(move.live_goes_to), sql.Identifier(names.schema)
    db.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(away))
    _own_schema(db, move.live, away)
    for name in move.statistics:
        db.execute(sql.SQL("ALTER STATISTICS {} SET SCHEMA {}").format(sql.Identifier(names.schema, name), away))
    db.execute(sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(names.live, away))
    waiting = parts.statistics(db, move.follower, move.follower_home)
    db.execute(sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(sql.Identifier(move.follower_home, names.table), home))
    for name in waiting:
        db.execute(sql.SQL("ALTER STATISTICS {} SET SCHEMA {}").format(sql.Identifier(move.follower_home, name), home))
    for view in move.matviews:
        _exchange_matview(db, move, view.names)


def _own_schema(db: psycopg.Connection[Any], table: int, schema: sql.Identifier) -> None:
    row = db.execute("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = %s", (table,)).fetchone()
    assert row is not None
    db.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA {} TO {}").format(schema, sql.Identifier(row[0])))


def _exchange_matview(db: psycopg.Connection[Any], move: Parts, names: Any) -> None:
    forth = move.table.live == "original"
    away = names.old_schema if forth else names.new_schema
    waiting = names.new_schema if forth else names.old_schema
    db.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(away)))
    db.execute(sql.SQL("ALTER MATERIALIZED VIEW {} SET SCHEMA {}").format(names.live, sql.Identifier(away)))
    db.execute(
        sql.SQL("ALTER MATERIALIZED VIEW {} SET SCHEMA {}").format(
            sql.Identifier(waiting, names.table), sql.Identifier(names.schema)
        )
    )


def _put_on(db: psycopg.Connection[Any], moves: list[Parts], resting: list[views.View]) -> int:
    for move in moves:
        names = move.table.names
        sequences.attach(db, move.sequences, names, move.carriers())
        sequences.carry(db, move.sequences, move.follower, move.carriers())
        triggers.create(db, names.live, move.triggers)
    keys = [key for move in moves for key in _keys_of_new_live(move)]
    foreign_keys.add(db, keys)
    anew = views.rebind(db, resting)
    for move in moves:
        catalog.run_all(db, move.bodies)
        _turn_round(db, move, keys)
    return anew


def _keys_of_new_live(move: Parts) -> list[ForeignKey]:
    """The foreign keys that the exchange adds: the live table's own, as ``alter`` wants them, and those of others."""
    design, names = move.table.design, move.table.names
    if move.table.live == "shadow":  # going back: exactly those that the original had
        own = [ForeignKey.from_list(item) for item in design.original_foreign_keys]
    else:
        own = [key for key in move.out if key.name not in design.dropped_foreign_keys]
        own += [
            ForeignKey(names.schema, names.table, name, text, True, None, 0) for name, text in design.new_foreign_keys
        ]
    # A swap back may come before the keys of the swap were validated: they were valid before it, and shall be again.
    waiting = {tuple(item[:3]) for item in design.to_validate}
    return [
        foreign_keys.validated(key) if (key.schema, key.table, key.name) in waiting else key for key in own + move.into
    ]


def _turn_round(db: psycopg.Connection[Any], move: Parts, keys: list[ForeignKey]) -> None:
    """Capture on the new live side, and write down in the same transaction which side that is."""
    table = move.table
    capture.start(db, table, table.other, table.names.live)
    design = table.design
    if table.live == "original":
        design = replace(design, original_foreign_keys=[key.as_list() for key in move.out])
    mine = [key.as_list() for key in keys if key.validated and key in _keys_of_new_live(move)]
    state.set_design(db, table, replace(design, to_validate=mine))
    phase = "swapped" if table.live == "original" else "swapped_back"
    state.set_phase(db, table, phase, live=table.other)
